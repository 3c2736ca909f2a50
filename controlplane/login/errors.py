from controlplane.core.errors import PermissionDenied, Unauthenticated


class WrongCredentials(Unauthenticated):
    """The same for an unknown address and for a wrong password."""

    code = "wrong_credentials"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")


class InvalidToken(Unauthenticated):
    code = "invalid_token"
    headers = {"www-authenticate": 'Bearer error="invalid_token"'}  # noqa: RUF012


class CrossSiteRefused(PermissionDenied):
    code = "csrf_refused"

    def __init__(self) -> None:
        super().__init__(
            "Signing in, and a change made with the session cookie, must come from this plane's own pages. "
            "Programs send `Authorization: Bearer <access token>` instead."
        )


class SecondFactorRequired(Unauthenticated):
    """The first step is done; `challenge` takes the second at POST /api/v1/auth/second-factor."""

    code = "second_factor_required"

    def __init__(self, challenge: str, methods: list[str], expires_in_seconds: int) -> None:
        details = {"challenge": challenge, "methods": methods, "expiresInSeconds": expires_in_seconds}
        super().__init__("Now prove your second factor: a code of your app, a recovery code or a passkey.", details)
        self.challenge = challenge


class WrongSecondFactor(Unauthenticated):
    code = "wrong_second_factor"

    def __init__(self, message: str, tries_left: int) -> None:
        rest = f" {tries_left} more tries." if tries_left else " This was the last try: sign in again from the start."
        super().__init__(message + rest, {"triesLeft": tries_left})


class ChallengeOver(Unauthenticated):
    code = "second_factor_challenge_over"

    def __init__(self) -> None:
        super().__init__("This sign-in was finished, has waited too long or was tried too often. Sign in again.")

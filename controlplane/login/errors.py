from controlplane.core.errors import ApplicationError, PermissionDenied, Unauthenticated


class WrongCredentials(Unauthenticated):
    """The same for an unknown address and for a wrong password."""

    code = "wrong_credentials"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")


class EmailNotVerified(PermissionDenied):
    """Told only to who knows the password."""

    code = "email_not_verified"

    def __init__(self) -> None:
        super().__init__("Confirm your e-mail address first: open the link in the mail we sent, or ask for another.")


class LinkInvalid(ApplicationError):
    """The same for a link that never was, was used, was replaced or has run out."""

    code = "link_invalid"

    def __init__(self) -> None:
        super().__init__(
            "This link does not work: it has been used, has run out, or a newer one was sent. Ask for a new link."
        )


class WrongPassword(PermissionDenied):
    code = "wrong_password"

    def __init__(self) -> None:
        super().__init__("The current password is wrong. If you have forgotten it, sign out and ask for a new one.")


class PasswordRefused(ApplicationError):
    """A password breaks a rule that the request alone does not show; the shape is that of a malformed field."""

    status = 422
    code = "invalid_request"

    def __init__(self, rule: str) -> None:
        field = {"field": "password", "message": rule}
        super().__init__(f"`password` is not acceptable: {rule}", {"errors": [field]})


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

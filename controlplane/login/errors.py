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

"""Errors have a name and a status; `app` renders every one of them the same way."""

from typing import Any, ClassVar


class ApplicationError(Exception):
    """Base of every refusal.

    `code` is the snake_case name clients switch on, `status` the HTTP status, `message` a sentence a person can act on.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"
    headers: ClassVar[dict[str, str]] = {}

    def __init__(self, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class NotFound(ApplicationError):
    status = 404
    code = "not_found"

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what}, or you have no access to it.")


class Conflict(ApplicationError):
    status = 409
    code = "conflict"


class Unauthenticated(ApplicationError):
    status = 401
    code = "unauthenticated"
    headers: ClassVar[dict[str, str]] = {"www-authenticate": "Bearer"}


class PermissionDenied(ApplicationError):
    status = 403
    code = "permission_denied"


class TooManyRequests(ApplicationError):
    status = 429
    code = "too_many_requests"

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message, {"retryAfterSeconds": retry_after_seconds})
        self.retry_after_seconds = retry_after_seconds


class Busy(ApplicationError):
    status = 503
    code = "busy"
    headers: ClassVar[dict[str, str]] = {"retry-after": "1"}

    def __init__(self) -> None:
        super().__init__("The plane is busy. Try again in a moment.")

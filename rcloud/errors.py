"""Failures: one sentence that says what, one that says what to do, and the exit code scripts switch on."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes; documented in `rcloud --help` and docs/rcloud.md."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    NOT_LOGGED_IN = 3
    UNREACHABLE = 4
    NOT_FOUND = 5
    CONFLICT = 6
    INTERRUPTED = 130


class Failure(Exception):
    """Ends the command. `code` and `request_id` are the API's, where it was the API that refused."""

    exit_code = Exit.REFUSED

    def __init__(
        self, message: str, advice: str | None = None, *, code: str | None = None, request_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.code = code
        self.request_id = request_id


class Usage(Failure):
    exit_code = Exit.USAGE


class NotLoggedIn(Failure):
    exit_code = Exit.NOT_LOGGED_IN


class Unreachable(Failure):
    exit_code = Exit.UNREACHABLE


class NotFound(Failure):
    exit_code = Exit.NOT_FOUND


class Conflict(Failure):
    exit_code = Exit.CONFLICT

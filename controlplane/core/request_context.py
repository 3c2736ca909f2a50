"""The current request's id and caller address, for audit rows and log lines written deep below the endpoint."""

from contextvars import ContextVar

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
address: ContextVar[str | None] = ContextVar("address", default=None)

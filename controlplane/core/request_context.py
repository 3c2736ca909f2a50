"""The current request's id and caller address, for audit rows and log lines written deep below the endpoint."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
address: ContextVar[str | None] = ContextVar("address", default=None)


@contextmanager
def of(identifier: str, client_address: str | None) -> Iterator[str]:
    """Everything inside belongs to this request."""
    tokens = request_id.set(identifier), address.set(client_address)
    try:
        with structlog.contextvars.bound_contextvars(request_id=identifier):
            yield identifier
    finally:
        request_id.reset(tokens[0])
        address.reset(tokens[1])

"""The current request's id, caller address and program, for rows and log lines written deep below the endpoint."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
address: ContextVar[str | None] = ContextVar("address", default=None)
user_agent: ContextVar[str | None] = ContextVar("user_agent", default=None)


@contextmanager
def of(identifier: str, client_address: str | None, program: str | None = None) -> Iterator[str]:
    """Everything inside belongs to this request; `program` is what its `User-Agent` says."""
    tokens = request_id.set(identifier), address.set(client_address)
    program_token = user_agent.set(program)
    try:
        with structlog.contextvars.bound_contextvars(request_id=identifier):
            yield identifier
    finally:
        request_id.reset(tokens[0])
        address.reset(tokens[1])
        user_agent.reset(program_token)

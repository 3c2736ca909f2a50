"""Stand-ins for providers are real HTTP servers in a thread of the test's own process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette

from tests.support.waiting import until


class In(int):
    """A time that many seconds from now, for the claims of a token."""

    def __str__(self) -> str:
        return f"in {int(self)} s"

    __repr__ = __str__


def claims_of(usual: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`usual` with `changes`, where null leaves a claim out and `In` becomes a time."""
    now = int(time.time())
    claims = {name: value for name, value in {**usual, **changes}.items() if value is not None}
    return {name: now + value if isinstance(value, In) else value for name, value in claims.items()}


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """The address under which `app` is served."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        until(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)

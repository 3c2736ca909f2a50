"""A caller that asks again and again until something changes."""

from __future__ import annotations

import http.client
import time
from types import TracebackType

from benchmarks.processes import Failed

_PATH = "/restate/health"
_DEADLINE_SECONDS = 60.0
POLL_SECONDS = 0.005


class Caller:
    """One kept-alive connection to an environment's ingress. Not thread-safe."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10.0)
        self._headers = {"authorization": f"Bearer {token}"}

    def __enter__(self) -> Caller:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def status(self) -> int:
        """Of one call; 0 when there was no answer."""
        try:
            self._connection.request("GET", _PATH, headers=self._headers)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0
        return answer.status


def wait_for_ok(port: int, token: str, poll_seconds: float = POLL_SECONDS) -> float:
    """`time.monotonic()` at which the first authorised call had its 200. Raises `Failed`."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    status = 0
    with Caller(port, token) as caller:
        while time.monotonic() < deadline:
            status = caller.status()
            if status == 200:
                return time.monotonic()
            time.sleep(poll_seconds)
    raise Failed(f"no authorised 200 on port {port} after {_DEADLINE_SECONDS:.0f} s; the last status was {status}")

"""Is an engine ready? Its ``/health`` answers before the partition has a leader; a query does not."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2

_QUERY = {"query": "select 1 as a from sys_invocation limit 1"}
# With */* the engine answers in a binary format.
_HEADERS = {"accept": "application/json"}
_TIMEOUT_SECONDS = 5.0


class Probe:
    """Asks through the engine's admin socket; an asynchronous context manager."""

    def __init__(self, socket: Path) -> None:
        transport = httpx2.AsyncHTTPTransport(uds=str(socket))
        self._http = httpx2.AsyncClient(
            base_url="http://engine", transport=transport, timeout=_TIMEOUT_SECONDS, trust_env=False
        )

    async def ready(self) -> bool:
        """Whether one query has just succeeded. Before the engine accepts connections this waits, up to 5 s."""
        try:
            response = await self._http.post("/query", json=_QUERY, headers=_HEADERS)
        except httpx2.TransportError:
            return False
        return response.status_code == httpx2.codes.OK

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

"""Is an engine ready, or busy? Its ``/health`` answers before the partition has a leader; a query does not."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2

_QUERY = {"query": "select 1 as a from sys_invocation limit 1"}
_UNDER_WAY = {"query": "select id from sys_invocation where status in ('ready', 'running') limit 1"}
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
        return await self._rows(_QUERY) is not None

    async def busy(self) -> bool:
        """Whether an attempt at a service is under way. An engine that answers no query counts as idle."""
        return bool(await self._rows(_UNDER_WAY))

    async def _rows(self, query: dict[str, str]) -> list[object] | None:
        try:
            response = await self._http.post("/query", json=query, headers=_HEADERS)
        except httpx2.TransportError:
            return None
        if response.status_code != httpx2.codes.OK:
            return None
        rows: list[object] = response.json()["rows"]
        return rows

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

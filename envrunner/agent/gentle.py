"""Before an engine is stopped to be started again: new requests wait, and what is under way may end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import structlog

from envrunner.agent.hands import Hands
from envrunner.engine.probe import Probe

_log = structlog.get_logger()

_LOOK_SECONDS = 0.02
# An invocation that was accepted a moment ago may not be seen at the first look.
_QUIET_LOOKS = 2
_EDGE_SECONDS = 5.0


class Edge:
    """This host's edge agent, if there is one: it makes nginx give up its kept connections to an engine."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def turn_to_fresh_sockets(self, label: str) -> None:
        """From now on each request connects anew. An edge agent that does not answer holds a restart up for a while."""
        deadline = time.monotonic() + _EDGE_SECONDS
        while self._socket.exists() and not await self._asked(label):
            if time.monotonic() > deadline:
                _log.warning("the edge was not told of a restart", label=label)
                return
            await asyncio.sleep(_LOOK_SECONDS)

    async def _asked(self, label: str) -> bool:
        transport = httpx2.AsyncHTTPTransport(uds=str(self._socket))
        try:
            async with httpx2.AsyncClient(transport=transport, timeout=_EDGE_SECONDS, trust_env=False) as http:
                return (await http.post(f"http://edge/engines/{label}/fresh")).is_success
        except httpx2.TransportError:
            return False


async def drain(hands: Hands, edge: Edge, seconds: float, wanted: Callable[[], bool]) -> None:
    """Returns when no attempt at a service is under way, ``seconds`` are over, or it is no longer ``wanted``.

    After it new requests wait in the sockets' fresh backlogs, and only a restart or a stop ends that. Calls of the
    ingress that still wait for their answer get it from the engine itself, which ends only after them (five seconds).
    """
    old = await asyncio.to_thread(hands.renew_entrance)
    await edge.turn_to_fresh_sockets(hands.label)
    await quiet(old, seconds, wanted)


async def quiet(admin_socket: Path, seconds: float, wanted: Callable[[], bool]) -> None:
    """The same without new sockets, for an engine whose calls the edge refuses already."""
    deadline, looks = time.monotonic() + seconds, 0
    async with Probe(admin_socket) as probe:
        while looks < _QUIET_LOOKS and wanted() and time.monotonic() < deadline:
            looks = 0 if await probe.busy() else looks + 1
            await asyncio.sleep(_LOOK_SECONDS)

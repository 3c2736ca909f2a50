"""Tells the control plane which tunnels are held here. Its absence changes nothing: all is said again next time."""

from __future__ import annotations

import asyncio
import contextlib
import json

import structlog

from envrunner.client import InternalClient, InternalError, Unreachable
from envrunner.relay.tunnels import Tunnels

_log = structlog.get_logger(__name__)
_EVERY_SECONDS = 5.0
_AT_MOST_EVERY_SECONDS = 0.5


class Reporting:
    """All of it, every few seconds and soon after a tunnel came or went."""

    def __init__(self, client: InternalClient, node: str, tunnels: Tunnels) -> None:
        self._client = client
        self._node = node
        self._tunnels = tunnels

    async def run(self) -> None:
        """Until it is cancelled."""
        changed = self._tunnels.watch()
        while True:
            changed.clear()
            try:
                await asyncio.to_thread(self._client.post, "/internal/v1/tunnels", self._body())
            except (Unreachable, InternalError) as error:
                _log.warning("tunnels were not reported", reason=str(error))
            await asyncio.sleep(_AT_MOST_EVERY_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_EVERY_SECONDS):
                    await changed.wait()

    def _body(self) -> bytes:
        # One after the other: as objects, thousands of tunnels would take ten times what they take as text.
        items = ",".join([json.dumps(one.view()) for one in self._tunnels])
        return f'{{"node": {json.dumps(self._node)}, "items": [{items}]}}'.encode()

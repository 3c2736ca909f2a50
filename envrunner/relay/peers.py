"""The other relay nodes of the region, for calls whose tunnel is held there."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

import structlog

from envrunner.relay.calls import Call
from envrunner.relay.carrier import Carrier
from envrunner.relay.directory import Directory
from envrunner.relay.sending import protocol

_DIAL_SECONDS = 5.0
_log = structlog.get_logger(__name__)


class Peer(Carrier):
    """A connection to another node's tunnel proxy, for one environment's calls; they wait until it is there."""

    def __init__(self, ping_seconds: float, gone: Callable[[Peer], None], url: str = "") -> None:
        super().__init__(ping_seconds)
        self.url = url
        self._gone = gone
        self._was_idle = False

    def opened(self) -> None:
        self.ready = True
        self.watch()
        self.room_made()

    def lost(self) -> None:
        self.take_no_more()
        self._gone(self)

    def check_alive(self) -> None:
        if self._was_idle and not self.open_calls:
            self.leave()
            self._loop.call_soon(self.close)
            return
        self._was_idle = not self.open_calls
        super().check_alive()


class Peers:
    """One connection for each node and environment, made when it is needed: no tenant can hold up another's calls."""

    def __init__(self, directory: Directory, ping_seconds: float) -> None:
        self._directory = directory
        self._ping_seconds = ping_seconds
        self._by_way: dict[tuple[str, str], Peer] = {}
        self._dialling: set[asyncio.Task[None]] = set()

    def holding(self, call: Call, but: Collection[Carrier]) -> Peer | None:
        """A connection to a node that holds the call's tunnel, and to which none among ``but`` leads."""
        # By node, not by connection: one that is down is named for a while yet, and would be dialled without end.
        tried = {one.url for one in but if isinstance(one, Peer)}
        for url in self._directory.holders(call.label, call.name):
            if url not in tried:
                return self._peer(url, call.label)
        return None

    def _peer(self, url: str, label: str) -> Peer:
        known = self._by_way.get((url, label))
        if known is not None and known.has_room:
            return known
        peer = self._by_way[url, label] = Peer(self._ping_seconds, self._forget, url)
        dialling = asyncio.get_running_loop().create_task(self._dial(url, peer))
        self._dialling.add(dialling)
        dialling.add_done_callback(self._dialling.discard)
        return peer

    async def _dial(self, url: str, peer: Peer) -> None:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 0
        tls: ssl.SSLContext | None = None
        if parts.scheme == "https":
            tls = ssl.create_default_context()
            tls.set_alpn_protocols(["h2"])
        try:
            async with asyncio.timeout(_DIAL_SECONDS):
                await asyncio.get_running_loop().create_connection(lambda: protocol(peer), host, port, ssl=tls)
        except OSError as error:
            _log.warning("another_node_away", node=url, reason=str(error))
            peer.closing = True
            peer.lost()

    def _forget(self, gone: Peer) -> None:
        for way, peer in list(self._by_way.items()):
            if peer is gone:
                del self._by_way[way]

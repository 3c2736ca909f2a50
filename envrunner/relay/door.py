"""Where engines come in: HTTP/2 by ALPN or prior knowledge, else HTTP/1.1."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from typing import cast

from envrunner.relay.engine import Departing, Engine, MakeExchange
from envrunner.relay.http1 import Http1
from envrunner.relay.sending import protocol

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FIRST_BYTES_SECONDS = 30.0
_MOST_STRANGERS = 1000
"""Of one address, which may be that of many engines."""
_SILENT_SECONDS, _EVERY_SECONDS, _TRIES = 60, 15, 4


class Door(asyncio.Protocol):
    """Until the first bytes tell. ``strangers``, by address: those of which no call's head has come yet."""

    def __init__(self, make_exchange: MakeExchange, connections: set[Departing], strangers: Counter[str]) -> None:
        self._make_exchange = make_exchange
        self._connections = connections
        self._strangers = strangers
        self._address = ""
        self._transport: asyncio.Transport | None = None
        self._begun = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        _find_out_who_is_gone(transport.get_extra_info("socket"))
        self._late = asyncio.get_running_loop().call_later(_FIRST_BYTES_SECONDS, self._transport.close)
        self._address = str((transport.get_extra_info("peername") or "?")[0])
        self._strangers[self._address] += 1
        if self._strangers[self._address] > _MOST_STRANGERS:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 the base class's signature
        self._late.cancel()
        self._known()

    def _known(self) -> None:
        """Or gone. Idempotent."""
        if self._address:
            self._strangers[self._address] -= 1
            if not self._strangers[self._address]:
                del self._strangers[self._address]
            self._address = ""

    def data_received(self, data: bytes) -> None:
        self._begun += data
        if self._begun.startswith(_PREFACE):
            self._known()
            self._become(protocol(Engine(self._make_exchange, self._connections)))
        elif not _PREFACE.startswith(self._begun):
            self._become(Http1(self._make_exchange, self._connections, self._known))

    def _become(self, chosen: asyncio.Protocol) -> None:
        assert self._transport is not None, "bytes come after the connection"  # noqa: S101
        self._late.cancel()
        self._transport.set_protocol(chosen)
        chosen.connection_made(self._transport)
        chosen.data_received(self._begun)


def _find_out_who_is_gone(connection: socket.socket) -> None:
    """An engine's host that vanished says nothing; its calls would stay open at the tunnels' other ends."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _SILENT_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _EVERY_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _TRIES)

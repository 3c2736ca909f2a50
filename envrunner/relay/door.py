"""Where engines come in: HTTP/2 by ALPN or prior knowledge, else HTTP/1.1."""

from __future__ import annotations

import asyncio
import socket
from typing import cast

from envrunner.relay.engine import Departing, Engine, MakeExchange
from envrunner.relay.http1 import Http1

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FIRST_BYTES_SECONDS = 30.0
_SILENT_SECONDS, _EVERY_SECONDS, _TRIES = 60, 15, 4


class Door(asyncio.Protocol):
    """Until the first bytes tell."""

    def __init__(self, make_exchange: MakeExchange, connections: set[Departing]) -> None:
        self._make_exchange = make_exchange
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._begun = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        _find_out_who_is_gone(transport.get_extra_info("socket"))
        self._late = asyncio.get_running_loop().call_later(_FIRST_BYTES_SECONDS, self._transport.close)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 the base class's signature
        self._late.cancel()

    def data_received(self, data: bytes) -> None:
        self._begun += data
        if self._begun.startswith(_PREFACE):
            self._become(Engine(self._make_exchange, self._connections))
        elif not _PREFACE.startswith(self._begun):
            self._become(Http1(self._make_exchange, self._connections))

    def _become(self, chosen: Engine | Http1) -> None:
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

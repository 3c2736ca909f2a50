"""Clients that begin with HTTP/2: one that looks like the stock CLI, and one that does not."""

from __future__ import annotations

import asyncio
import socket
from typing import Self

from tests.envrunner.relay.peers import Engine, Message

STOCK = bytes.fromhex(
    "505249202a20485454502f322e300d0a0d0a534d0d0a0d0a"
    "000018040000000000000200000000000400200000000500004000000600004000"
    "000004080000000000004f0001"
)
"""What the remote ports of `restate` 1.6.2 and 1.7.12 begin with, as recorded: preface, SETTINGS, WINDOW_UPDATE."""


class Plain(Engine):
    """With the SETTINGS of python-h2."""

    async def reach(self, port: int, source: str = "127.0.0.1") -> Self:
        """``source`` is the address it calls from."""
        self.h2.initiate_connection()
        begun = self.begins(self.h2.data_to_send())
        plug = socket.socket()
        plug.bind((source, 0))
        plug.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plug, ("127.0.0.1", port))
        self.reader, self.writer = await asyncio.open_connection(sock=plug)
        self.writer.write(begun)
        self._spawn(self._read())
        return self

    def begins(self, own: bytes) -> bytes:
        return own

    async def ask(self, host: str, target: str, credentials: list[str], method: str = "GET") -> Message:
        number = self.h2.get_next_available_stream_id()
        fixed = [(":method", method), (":scheme", "http"), (":path", target), (":authority", host)]
        self.h2.send_headers(number, [*fixed, *(("authorization", one) for one in credentials)], end_stream=True)
        self.send()
        return await self.ended(number)


class Stock(Plain):
    """With what the CLI begins with."""

    def begins(self, own: bytes) -> bytes:
        return STOCK

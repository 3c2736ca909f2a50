"""Frames as tests write them, right or wrong, and what the relay ends a connection with."""

from __future__ import annotations

import asyncio

from hpack import Encoder

from envrunner.relay import frames
from tests.envrunner.relay.wire import Wire, code_of, frame

PSEUDO = [(":method", "POST"), (":scheme", "http"), (":authority", "proxy"), (":path", "/x")]
END, ALL = frames.END_STREAM, frames.END_HEADERS


def head(number: int = 1, *, end: bool = False, fields: list[tuple[str, str]] | None = None, flags: int = ALL) -> bytes:
    """HEADERS of a request that is in order, but for ``fields`` in its place."""
    block = Encoder().encode(PSEUDO if fields is None else fields, huffman=False)
    # No table, so that each block stands for itself.
    return frame(frames.HEADERS, b"\x20" + block, number, flags | (END if end else 0))


def setting(code: int, value: int) -> bytes:
    return frame(frames.SETTINGS, frames.SETTING.pack(code, value))


def window(size: int, number: int = 0) -> bytes:
    return frame(frames.WINDOW_UPDATE, frames.NUMBER.pack(size), number)


def data(size: int, number: int = 1, *, end: bool = False) -> bytes:
    return frame(frames.DATA, b"d" * size, number, END if end else 0)


def ended_with(sent: bytes, *, client: bool = False) -> tuple[int | None, bool]:
    """The code in our GOAWAY, and whether the connection is closed."""

    async def scenario() -> tuple[int | None, bool]:
        wire = Wire(client=client)
        if client:
            wire.relay.begin([(b":method", b"GET"), (b":path", b"/")])
        answers = await wire.give(sent)
        return code_of(answers, frames.GOAWAY), wire.transport.closed

    return asyncio.run(scenario())

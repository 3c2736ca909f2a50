"""Getting an engine's metrics from its fabric socket. Its directory is its tenant's: nothing there is trusted."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

from envrunner.engine.configuration import NODE_NAME
from envrunner.metering.exposition import Parser, Reading

_REQUEST = b"GET /metrics HTTP/1.0\r\nhost: engine\r\n\r\n"
_PART = 64 * 1024
_MOST_BYTES = 8 * 1024 * 1024
_UCRED = struct.Struct("3i")


class NoReading(Exception):
    """The engine has not told its metrics, or somebody else has answered."""


async def read(directory: Path, pid: int, seconds: float) -> Reading:
    """What the engine that runs as this process tells. Raises `NoReading`, at the latest after so long."""
    try:
        async with asyncio.timeout(seconds):
            with _short_path(directory) as path:
                reader, writer = await asyncio.open_unix_connection(path, limit=_PART)
            try:
                _check_peer(writer.get_extra_info("socket"), pid)
                writer.write(_REQUEST)
                return await _taken(reader)
            finally:
                writer.transport.abort()
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise NoReading(str(error) or type(error).__name__) from error


@contextlib.contextmanager
def _short_path(directory: Path) -> Iterator[str]:
    """A socket's address holds 107 bytes only."""
    descriptor = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{NODE_NAME}/fabric.sock"
    finally:
        os.close(descriptor)


def _check_peer(peer: socket.socket, pid: int) -> None:
    """A link in its place may lead to another tenant's engine."""
    listener, _, _ = _UCRED.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
    if listener != pid:
        raise NoReading(f"process {listener} listens, not the engine")


async def _taken(reader: asyncio.StreamReader) -> Reading:
    head = await reader.readuntil(b"\r\n\r\n")
    status, _, fields = head.partition(b"\r\n")
    if status.split()[1:2] != [b"200"] or b"chunked" in fields.lower():
        raise NoReading(f"answered {status[:80]!r}")
    parser, taken = Parser(), 0
    while part := await reader.read(_PART):
        taken += len(part)
        if taken > _MOST_BYTES:
            raise NoReading(f"told more than {_MOST_BYTES} bytes")
        parser.feed(part)
    return parser.reading

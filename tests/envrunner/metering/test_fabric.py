"""An engine may tell anything, or nothing, at any length: reading it ends, and costs little."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from envrunner.metering import fabric
from envrunner.metering.exposition import Reading

OK = b"HTTP/1.0 200 OK\r\n\r\n"
LINE = b'restate_ingress_requests_total{status="completed",rpc_service="a",rpc_type="call"} 1\n'
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def reading(directory: Path, answer: Answer, seconds: float = 20, pid: int | None = None) -> Reading:
    """Of an "engine" of this process that answers so. Raises `NoReading`."""

    async def run() -> Reading:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.readuntil(b"\r\n\r\n")
                await answer(writer)
                await writer.drain()
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        (directory / "engine").mkdir()
        async with await asyncio.start_unix_server(serve, directory / "engine" / "fabric.sock"):
            return await fabric.read(directory, os.getpid() if pid is None else pid, seconds)

    return asyncio.run(run())


def says(*parts: bytes) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return answer


def test_what_it_tells_is_read(tmp_path: Path) -> None:
    assert reading(tmp_path, says(OK, LINE)).counts.requests == 1


async def _silent(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def _endless(writer: asyncio.StreamWriter) -> None:
    writer.write(OK)
    while True:
        writer.write(LINE * 1000)
        await writer.drain()


async def _one_endless_line(writer: asyncio.StreamWriter) -> None:
    writer.write(OK)
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


@pytest.mark.parametrize(
    "answer",
    [
        _endless, _one_endless_line, says(b"HTTP/1.0 503 Busy\r\n\r\n", LINE), says(b"x" * 200_000), says(b""),
        says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"), says(b"HTTP/1.0\r\n\r\n"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused(tmp_path: Path, answer: Answer) -> None:
    with pytest.raises(fabric.NoReading):
        reading(tmp_path, answer)


def test_one_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(fabric.NoReading):
        reading(tmp_path, _silent, seconds=0.1)


def test_another_process_is_not_the_engine(tmp_path: Path) -> None:
    with pytest.raises(fabric.NoReading, match="listens, not the engine"):
        reading(tmp_path, says(OK, LINE), pid=1)


def test_a_directory_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(fabric.NoReading):
        asyncio.run(fabric.read(tmp_path / "link", os.getpid(), 1))

"""What a connection's ends do to each other when they come at different times."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from envrunner.h2c.main import carry
from envrunner.h2c.turns import Callers
from tests.envrunner.edge.prior import STOCK

NAMED = b"PROXY TCP4 127.0.0.1 127.0.0.1 40000 11000\r\n"
ANSWER = b"the whole answer" * 10_000


def carried(path: Path, front: Callable[[socket.socket], None]) -> bytes:
    """What nginx behind got in all. It answers what has begun, says no more and goes on listening."""

    def behind() -> bytes:
        connection, _ = back.accept()
        got = b""
        with connection, contextlib.suppress(ConnectionError):
            got = connection.recv(65536)
            connection.sendall(ANSWER)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                got += piece
        return got

    async def scenario() -> bytes:
        near, far = socket.socketpair()
        far.setblocking(False)
        with near:
            sides = asyncio.to_thread(behind), asyncio.to_thread(front, near), carry(path, Callers(), far)
            return (await asyncio.gather(*sides))[0]

    with socket.socket(socket.AF_UNIX) as back:
        back.bind(str(path))
        back.listen()
        back.settimeout(60)
        return asyncio.run(scenario())


def everything(near: socket.socket) -> bytes:
    near.settimeout(60)
    got = b""
    while piece := near.recv(65536):
        got += piece
    return got


def test_what_comes_after_the_answers_end_harms_nobody(tmp_path: Path) -> None:
    """nginx in front drops what it has not passed on when a write fails; HTTP/2 acknowledges at any time."""

    def front(near: socket.socket) -> None:
        near.sendall(NAMED + STOCK)
        assert everything(near) == ANSWER
        near.sendall(b"\0\0\0\4\1\0\0\0\0")
        near.shutdown(socket.SHUT_RDWR)

    assert carried(tmp_path / "back", front) == NAMED + STOCK + b"\0\0\0\4\1\0\0\0\0"


@pytest.mark.parametrize("reads", [True, False])
def test_a_client_that_goes_ends_it(tmp_path: Path, reads: bool) -> None:
    def front(near: socket.socket) -> None:
        near.sendall(NAMED + STOCK)
        if reads:
            everything(near)
        near.close()

    assert NAMED.startswith(carried(tmp_path / "back", front)[: len(NAMED)])

"""The process. It may be killed at any instruction: the connections it carries break off, nothing else is lost.

While it is away nginx takes connections without it: requests with one credential do not notice.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import socket
from pathlib import Path

import structlog
import uvloop

from envrunner import logs
from envrunner.edge import sockets
from envrunner.edge.layout import EdgeLayout
from envrunner.h2c.mending import Mender, Unreadable
from envrunner.h2c.turns import Callers, Turns
from envrunner.settings import settings

_PIECE = 64 * 1024
_TURN = 16 * 1024
_NAME_BYTES = 107
"""The longest line of version 1 of the PROXY protocol."""
_PAUSE_SECONDS = 0.05
_log = structlog.get_logger(__name__)


def run_h2c() -> None:
    """Serve until SIGTERM or SIGINT."""
    logs.configure("h2c")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    layout = EdgeLayout.of(settings())
    layout.prepare()
    uvloop.run(_serve(layout))


async def _serve(layout: EdgeLayout) -> None:
    listener = sockets.listener(layout.h2c)
    listener.setblocking(False)
    accepting, told = asyncio.create_task(_accept(listener, layout.back)), asyncio.create_task(_told_to_stop())
    await asyncio.wait({accepting, told}, return_when=asyncio.FIRST_COMPLETED)
    if accepting.done():
        accepting.result()


async def _accept(listener: socket.socket, back: Path) -> None:
    loop, callers, works = asyncio.get_running_loop(), Callers(), set[asyncio.Task[None]]()
    while True:
        try:
            client, _ = await loop.sock_accept(listener)
        except OSError as error:
            # Out of descriptors: the connections that end will give some back.
            _log.warning("not_accepted", error=str(error))
            await asyncio.sleep(_PAUSE_SECONDS)
            continue
        work = loop.create_task(carry(back, callers, client))
        works.add(work)
        work.add_done_callback(works.discard)


async def carry(back: Path, callers: Callers, client: socket.socket) -> None:
    """Until either side ends. nginx, before and behind this, keeps all the limits and times."""
    loop = asyncio.get_running_loop()
    with client, socket.socket(socket.AF_UNIX) as nginx, contextlib.suppress(OSError, ValueError, IndexError):
        nginx.setblocking(False)
        name, begun = await _named(client)
        # Succeeds or fails at once (unix(7)).
        nginx.connect(str(back))
        await loop.sock_sendall(nginx, name)
        begun = begun or await loop.sock_recv(client, _TURN)
        up = asyncio.create_task(_up(client, nginx, begun, callers.turns_of(name.split()[2])))
        try:
            await _down(nginx, client)
            # Closed at once, whatever still came from the client would fail and take the answer's end with it.
            client.shutdown(socket.SHUT_WR)
            await up
        finally:
            up.cancel()
            # The sockets must be nobody's when they are closed.
            await asyncio.gather(up, return_exceptions=True)


async def _named(client: socket.socket) -> tuple[bytes, bytes]:
    """Whose connection it is, as nginx says in front of it, and what has come of the connection itself."""
    got = b""
    while (end := got.find(b"\r\n") + 2) < 2:
        piece = await asyncio.get_running_loop().sock_recv(client, _TURN)
        if not piece or len(got) > _NAME_BYTES:
            raise ValueError(got)
        got += piece
    return got[:end], got[end:]


async def _up(client: socket.socket, nginx: socket.socket, begun: bytes, turns: Turns) -> None:
    loop, mender, piece = asyncio.get_running_loop(), Mender(), begun
    try:
        # An nginx that has stopped listening may still be talking: its answer is the end, not this.
        with contextlib.suppress(OSError):
            while piece:
                async with turns:
                    mended = mender.feed(piece)
                await loop.sock_sendall(nginx, mended)
                piece = await loop.sock_recv(client, _TURN)
        while piece:
            piece = await loop.sock_recv(client, _PIECE)
    except Unreadable as error:
        _log.info("unreadable", reason=str(error))
    finally:
        with contextlib.suppress(OSError):
            nginx.shutdown(socket.SHUT_RDWR)


async def _down(nginx: socket.socket, client: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while piece := await loop.sock_recv(nginx, _PIECE):
        await loop.sock_sendall(client, piece)


async def _told_to_stop() -> None:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    await told.wait()

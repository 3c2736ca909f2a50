"""The process. It may be killed at any instruction: the connections it carries break off, nothing else is lost."""

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
from envrunner.settings import settings

_PIECE = 64 * 1024
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
    accepting, told = asyncio.create_task(_accept(listener, layout.entries)), asyncio.create_task(_told_to_stop())
    await asyncio.wait({accepting, told}, return_when=asyncio.FIRST_COMPLETED)
    if accepting.done():
        accepting.result()


async def _accept(listener: socket.socket, entries: Path) -> None:
    loop, works = asyncio.get_running_loop(), set[asyncio.Task[None]]()
    while True:
        try:
            client, _ = await loop.sock_accept(listener)
        except OSError as error:
            # Out of descriptors: the connections that end will give some back.
            _log.warning("not_accepted", error=str(error))
            await asyncio.sleep(_PAUSE_SECONDS)
            continue
        work = loop.create_task(_carry(entries, client))
        works.add(work)
        work.add_done_callback(works.discard)


async def _carry(entries: Path, client: socket.socket) -> None:
    """Until either side ends. nginx, before and behind this, keeps all the limits and times."""
    loop = asyncio.get_running_loop()
    with client, socket.socket(socket.AF_UNIX) as nginx, contextlib.suppress(OSError, ValueError):
        nginx.setblocking(False)
        port, _, begun = (await loop.sock_recv(client, _PIECE)).partition(b"\n")
        # Succeeds or fails at once (unix(7)).
        nginx.connect(str(entries / str(int(port))))
        up = asyncio.create_task(_up(client, nginx, begun or await loop.sock_recv(client, _PIECE)))
        try:
            await _down(nginx, client)
        finally:
            up.cancel()
            # The sockets must be nobody's when they are closed.
            await asyncio.gather(up, return_exceptions=True)


async def _up(client: socket.socket, nginx: socket.socket, begun: bytes) -> None:
    loop, mender, piece = asyncio.get_running_loop(), Mender(), begun
    try:
        # An nginx that has stopped listening may still be talking: its answer is the end, not this.
        with contextlib.suppress(OSError):
            while piece:
                await loop.sock_sendall(nginx, mender.feed(piece))
                piece = await loop.sock_recv(client, _PIECE)
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

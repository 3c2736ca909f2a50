"""The guard's process. It may be killed at any instruction: the calls it carries break off, nothing else is lost."""

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
from envrunner.guard.call import Call, NotFromNginx
from envrunner.guard.watch import Watch
from envrunner.settings import settings

_PAUSE_SECONDS = 0.05
_PIECE = 64 * 1024
_log = structlog.get_logger(__name__)


def run_guard() -> None:
    """Serve until SIGTERM or SIGINT."""
    logs.configure("guard")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    layout = EdgeLayout.of(settings())
    layout.prepare()
    uvloop.run(_serve(layout))


async def _serve(layout: EdgeLayout) -> None:
    watch, listener = Watch(layout.control), _listening(layout.guard)
    works = {asyncio.create_task(work) for work in (watch.run(), _accept(listener, watch, layout.slots))}
    told = asyncio.create_task(_told_to_stop())
    await asyncio.wait({*works, told}, return_when=asyncio.FIRST_COMPLETED)
    for work in works:
        if work.done():
            # A guard that no longer watches must not look alive: it ends with the reason, and is started again.
            work.result()


async def _accept(listener: socket.socket, watch: Watch, slots: Path) -> None:
    loop, calls = asyncio.get_running_loop(), set[asyncio.Task[None]]()
    while True:
        try:
            nginx, _ = await loop.sock_accept(listener)
        except OSError as error:
            # Out of descriptors: the calls under way will give some back.
            _log.warning("not_accepted", error=str(error))
            await asyncio.sleep(_PAUSE_SECONDS)
            continue
        call = loop.create_task(carry(watch, slots, nginx))
        calls.add(call)
        call.add_done_callback(calls.discard)


async def carry(watch: Watch, slots: Path, nginx: socket.socket) -> None:
    """One call, from its head until nginx, which keeps all the times, has closed."""
    with nginx, contextlib.suppress(NotFromNginx, OSError):
        call = await Call.read(nginx)
        late = asyncio.get_running_loop().call_later(call.seconds, call.end_late) if call.seconds else None
        watch.add(call)
        try:
            await call.carry(slots, nginx)
        finally:
            watch.discard(call)
            if late:
                late.cancel()
        if call.has_body:
            await _linger(nginx)


async def _linger(nginx: socket.socket) -> None:
    """Closed at once, what nginx still sends of the request would fail, and it would take the answer for a failure."""
    nginx.shutdown(socket.SHUT_WR)
    while await asyncio.get_running_loop().sock_recv(nginx, _PIECE):
        pass


async def _told_to_stop() -> None:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    await told.wait()


def _listening(path: Path) -> socket.socket:
    listener = sockets.listener(path)
    listener.setblocking(False)
    return listener

"""The relay's process. Told to stop, it lets calls under way finish; killed, it loses those and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
import signal
from collections import Counter
from collections.abc import Callable

import structlog
import uvloop

from envrunner import durable, logs
from envrunner.client import InternalClient
from envrunner.edge.tables import open_tables
from envrunner.relay.compiled import in_use
from envrunner.relay.customer import Customer, House
from envrunner.relay.directory import Directory
from envrunner.relay.door import Door
from envrunner.relay.engine import Departing
from envrunner.relay.exchange import Exchange
from envrunner.relay.following import Follower
from envrunner.relay.identity import Identity
from envrunner.relay.keeping import Keeping
from envrunner.relay.peers import Peers
from envrunner.relay.reporting import Reporting
from envrunner.relay.sending import protocol
from envrunner.relay.standing import Standing
from envrunner.relay.status import Status
from envrunner.relay.stream import Outlet
from envrunner.relay.tls import context
from envrunner.relay.tunnels import Tunnels
from envrunner.relay.ways import Ways
from envrunner.settings import Settings, settings

_BACKLOG = 4096
_TLS_SECONDS = 10.0
_LOOK_SECONDS = 0.02
_FAREWELL_SECONDS = 1.0
_COLLECT_AFTER = 20_000, 20, 20
_log = structlog.get_logger(__name__)


def run_relay() -> None:
    """Serve until SIGTERM or SIGINT. Listens as soon as it has tables, of whatever age."""
    logs.configure("relay")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.umask(0o077)
    given = settings()
    durable.make_directory(given.state_dir)
    durable.make_directory(given.relay_dir)
    given.run_dir.mkdir(parents=True, exist_ok=True)
    uvloop.run(_Relay(given).serve())


class _Relay:
    def __init__(self, given: Settings) -> None:
        self._given = given
        self._tunnels = Tunnels()
        self._customers: set[Customer] = set()
        self._engines: set[Departing] = set()
        self._standing = Standing(self._look)
        self._identity = Identity(self._standing.keys_of)
        self._keeping = Keeping()
        self._servers: list[asyncio.Server] = []
        self._ways = Ways(self._tunnels, None)
        self._works: list[asyncio.Task[None]] = []
        self._outside = context(given.relay_certificate, given.relay_key, ["h2"])
        self._inside = context(given.tunnel_proxy_certificate, given.tunnel_proxy_key, ["h2", "http/1.1"])

    async def serve(self) -> None:
        told = _told_to_stop()
        follower = Follower(open_tables(self._given.relay_dir / "tables.sqlite3"), self._standing)
        client = InternalClient(self._given.internal_url, self._given.credential_file)
        follower.start(client)
        known = asyncio.create_task(follower.known.wait())
        stopping = asyncio.create_task(told.wait())
        await asyncio.wait({known, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not told.is_set():
            await self._listen()
            # Most of a call's objects go by themselves, and looking for those that do not costs others their time.
            gc.set_threshold(*_COLLECT_AFTER)
            node = self._given.relay_node_url or self._given.relay_url
            self._works.append(asyncio.create_task(Reporting(client, node, self._tunnels).run()))
            await stopping
        await self._drain()

    async def _listen(self) -> None:
        given, loop = self._given, asyncio.get_running_loop()
        urls = given.tunnel_proxy_url, given.relay_url
        strangers: Counter[str] = Counter()
        house = House(self._standing, self._tunnels, *urls, given.relay_ping_seconds, self._customers)
        if given.relay_node_url:
            await self._join(given)
        for port, make, tls in (
            (given.relay_port, lambda: protocol(Customer(house)), self._outside),
            (given.tunnel_proxy_port, lambda: Door(self._exchange, self._engines, strangers), self._inside),
        ):
            patience = _TLS_SECONDS if tls else None
            server = await loop.create_server(
                make, given.bind_host, port, ssl=tls, ssl_handshake_timeout=patience, backlog=_BACKLOG
            )
            self._servers.append(server)
        status = Status(self._tunnels, self._keeping, given.relay_compiled)
        self._servers.append(await status.listen(given.relay_socket))
        _log.info("listening", relay=given.relay_port, tunnel_proxy=given.tunnel_proxy_port, compiled=in_use())

    async def _join(self, given: Settings) -> None:
        """Calls that come before it is known who holds their tunnel would be told that nobody does."""
        directory = Directory(given.redis_url, given.relay_node_url, self._tunnels)
        self._works.append(asyncio.create_task(directory.run()))
        self._ways = Ways(self._tunnels, Peers(directory, given.relay_ping_seconds))
        await directory.known()

    def _exchange(self, engine: Outlet) -> Exchange:
        return Exchange(engine, self._ways, self._identity, self._keeping)

    def _look(self) -> None:
        """The tables have changed."""
        for customer in list(self._customers):
            customer.look()

    async def _drain(self) -> None:
        for server in self._servers:
            server.close()
        for customer in list(self._customers):
            customer.leave()
        for engine in list(self._engines):
            engine.leave()
        # A customer that has nothing under way closes.
        await _until(lambda: not self._customers and self._engines_idle(), self._given.relay_drain_seconds)
        for customer in list(self._customers):
            customer.end("the relay is being restarted")
        await _until(self._engines_idle, _FAREWELL_SECONDS)
        for engine in list(self._engines):
            engine.close()
        await _until(lambda: not self._customers and not self._engines, _FAREWELL_SECONDS)
        for work in self._works:
            work.cancel()
        if self._works:
            await asyncio.wait(self._works, timeout=_FAREWELL_SECONDS)

    def _engines_idle(self) -> bool:
        return all(one.idle for one in self._engines)


async def _until(condition: Callable[[], bool], seconds: float) -> None:
    """At most so long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 it depends on many connections
                await asyncio.sleep(_LOOK_SECONDS)


def _told_to_stop() -> asyncio.Event:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    return told

"""A tunnel's host that vanishes: nothing of it comes any more, no end and no reset, as behind a cut cable."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from tests.envrunner.nodes import IS_ROOT
from tests.envrunner.relay.dialling import introduction, never, path
from tests.envrunner.relay.environments import MINE
from tests.envrunner.relay.node import RelayNode, until_async
from tests.envrunner.relay.peers import Dialled, Engine, Peer
from tests.support import inside
from tests.support.two_networks import Network, TwoNetworks

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="only root makes networks")

HERE, THERE = "10.9.9.1", "10.20.0.5"


class Node(RelayNode):
    """A relay on a host of its own; customers are elsewhere."""

    networks: TwoNetworks
    token: str

    def launch(self) -> None:
        with (self.home / "relay.log").open("ab") as log:
            argv = self.networks.host.argv(sys.executable, "-m", "envrunner", "relay")
            self.process = subprocess.Popen(argv, env=self._environment(), stdout=log, stderr=log)

    async def reached(self, peer: Peer, network: Network, port: int) -> int:
        """Its own port, once it is connected."""
        connection = await asyncio.to_thread(inside.connected, network, (HERE, port))
        connection.setblocking(False)
        await peer.begin_on(*await asyncio.open_connection(sock=connection))
        return int(connection.getsockname()[1])

    def cut(self, port: int) -> None:
        """Nothing that the customer at this port sends, or is sent, arrives any more."""
        out = f"type filter hook output priority 0\ntcp sport {port} drop"
        into = f"type filter hook input priority 0\ntcp dport {port} drop"
        table = f"table inet cut {{\nchain out {{\n{out}\n}}\nchain in {{\n{into}\n}}\n}}\n"
        self.networks.world.run("nft", "-f", "-", given=table)


@pytest.fixture
def node() -> Iterator[Node]:
    with TwoNetworks([HERE], [THERE]) as networks:
        made = Node(settings={"RELAY_PING_SECONDS": 2, "BIND_HOST": HERE})
        made.networks = networks
        try:
            made.add_environment(MINE)
            made.token = made.add_key(MINE)
            made.start()
            yield made
        finally:
            made.stop()


@asynccontextmanager
async def customer(node: Node, name: str) -> AsyncIterator[tuple[Dialled, int]]:
    """And the port it has there."""
    async with Dialled(introduction(node.token, name=name)) as client:
        port = await node.reached(client, node.networks.world, node.relay_port)
        await client.ended(1)
        assert client.told["tunnel-status"] == "ok"
        yield client, port


def test_it_is_noticed_said_and_the_others_go_on(node: Node) -> None:
    async def scenario() -> None:
        async with customer(node, "shared") as (stays, _), customer(node, "alone") as (_, _), Engine() as caller:
            await node.reached(caller, node.networks.host, node.proxy_port)
            async with customer(node, "shared") as (gone, port):
                gone.answer = never
                under_way = caller.begin(path("shared"), node.signed(MINE), end=True)
                await gone.wait(lambda: gone.calls)
                node.cut(port)
            # Its process has ended, too, and nobody hears of it.
            lost = await caller.ended(under_way)
            assert lost.status == 502
            assert b"The tunnel was lost" in lost.body
            shared = node.tunnel("shared")
            assert (shared["connections"], shared["errors"], shared["openRequests"]) == (1, 1, 0)
            assert shared["lastFailure"] == "the connection was lost"
            for name in ("shared", "alone"):
                assert (await caller.call(path(name), node.signed(MINE), b"x")).status == 200
            assert len(stays.calls) == 1

    asyncio.run(scenario())
    assert "connection_silent" in node.log()


def test_the_last_of_a_name_leaves_no_tunnel_behind(node: Node) -> None:
    async def scenario() -> None:
        async with Engine() as caller:
            await node.reached(caller, node.networks.host, node.proxy_port)
            async with customer(node, "laptop") as (_, port):
                files = node.descriptors()
                node.cut(port)
            await until_async(lambda: node.tunnel("laptop")["connections"] == 0)
            assert node.tunnel("laptop")["goneAt"]
            assert (await caller.call(path(), node.signed(MINE), b"x")).status == 503
            await until_async(lambda: node.descriptors() < files)
            # It comes back by another way.
            async with customer(node, "laptop"):
                assert (await caller.call(path(), node.signed(MINE), b"x")).status == 200

    asyncio.run(scenario())

"""Two relay nodes, stock CLIs and a steady load: no invocation fails while a node is killed or told to end.

The CLIs run as documented for a service: a node that is killed may reset their connections, which ends them.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from embedded.layout import locate
from tests.support import own_network
from tests.support.cli import VERSIONS
from tests.support.load import Load
from tests.support.own_network import OwnNetwork
from tests.support.relay_node import RelayNode, tunnels
from tests.support.standstill import echoed
from tests.support.tunnelling import OTHER_RELAY, TUNNEL, Private, private
from tests.support.waiting import until

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not own_network.permitted(), reason="this account may not make network namespaces here"),
]
KILLED, TOLD_TO_END = 9, 15
_IMPATIENT = 94


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Private]:
    with private(tmp_path_factory.mktemp("nodes"), nodes=2) as running:
        yield running


@pytest.fixture(scope="module")
def other(world: Private) -> RelayNode:
    assert world.other is not None
    return world.other


@pytest.fixture(scope="module")
def away(world: Private, other: RelayNode) -> Iterator[Private]:
    """A place from which only the other node is reached: the one that engines call has to pass calls on."""
    inside = [world.plane.base, other.port, world.service.port, *range(world.plane.base + 100, world.plane.base + 110)]
    services = {TUNNEL: [(OTHER_RELAY, other.port)]}
    with OwnNetwork([], {port: port for port in inside}, services) as network:
        yield replace(world, network=network, nodes=1)


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


def test_the_node_that_engines_call_ends(world: Private, version: str, tmp_path: Path) -> None:
    cli, name = world.cli(version, tmp_path), f"both-{version.replace('.', '-')}"
    with world.tunnel(cli, name, kept=True):
        world.register(cli, name)
        with steady(world) as load:
            for number in (KILLED, TOLD_TO_END):
                before = world.plane.pids["relay"]
                os.kill(before, number)
                load.wait_for_more(20)
                until(lambda before=before: world.plane.pids.get("relay") not in (None, before), 60)  # type: ignore[misc]
                until(lambda: connected(locate(world.plane.env).relay_socket, name), 120)
                load.wait_for_more(20)
    assert not load.wrong


def test_the_node_that_holds_the_tunnel_ends(away: Private, other: RelayNode, version: str, tmp_path: Path) -> None:
    cli, name = away.cli(version, tmp_path), f"held-{version.replace('.', '-')}"
    with away.tunnel(cli, name, kept=True):
        away.register(cli, name)
        with steady(away) as load:
            for number in (KILLED, TOLD_TO_END):
                other.end(number)
                other.start()
                until(lambda: connected(other.socket, name), 120)
                load.wait_for_more(20)
    assert not load.wrong
    assert seen(other.socket, name)["requests"] > 0
    own = tunnels(locate(away.plane.env).relay_socket)
    assert name not in [one["name"] for one in own], "the node that engines call holds no connection of it"


def test_a_client_that_stands_still_for_too_long_is_given_up_and_its_call_made_again(
    world: Private, tmp_path: Path
) -> None:
    """At a node that has less patience than usual; engines call another, which passes calls on."""
    port, name = world.plane.base + _IMPATIENT, "given-up"
    listens = {"RELAY_PORT": port, "TUNNEL_PROXY_PORT": port + 1, "RELAY_PUBLIC_URL": f"https://{OTHER_RELAY}:{port}"}
    settings = {**listens, "RELAY_NODE_URL": f"http://127.0.0.1:{port + 1}", "RELAY_PING_SECONDS": 2}
    inside = [world.plane.base, port, world.service.port, *range(world.plane.base + 100, world.plane.base + 110)]
    services = {TUNNEL: [(OTHER_RELAY, port)]}
    with (
        RelayNode(world.plane, settings) as impatient,
        OwnNetwork([], {port: port for port in inside}, services) as network,
    ):
        there = replace(world, network=network, nodes=1)
        cli, body = there.cli("1.7.12", tmp_path), os.urandom(8 * 1024 * 1024)
        with there.tunnel(cli, name, kept=True) as tunnel, ThreadPoolExecutor(1) as pool:
            there.register(cli, name)
            passed = seen(impatient.socket, name)["bytesToService"]
            tunnel.signal(signal.SIGSTOP)
            try:
                answer = pool.submit(echoed, world.caller, body)
                until(lambda: seen(impatient.socket, name)["bytesToService"] > passed)
                until(lambda: not connected(impatient.socket, name), 60)
                lost = seen(impatient.socket, name)
            finally:
                tunnel.signal(signal.SIGCONT)
            assert (lost["errors"], lost["lastFailure"]) == (1, "the connection was lost")
            assert answer.result(120) == body


def steady(world: Private) -> Load:
    """Each call once: an answer that was not the right one is in ``wrong``."""

    def greet(client: httpx2.Client) -> httpx2.Response:
        key = uuid4().hex
        answer = client.post(f"/greeter/{key}/greet", json="Hello")
        assert answer.status_code != 200 or answer.json() == f"Hello {key} for the 1-th time."
        return answer

    return Load(world.environment.ingress_url, world.caller.token or "", [greet] * 6)


def connected(relay_socket: Path, name: str) -> bool:
    return any(one["name"] == name and one["connections"] for one in tunnels(relay_socket))


def seen(relay_socket: Path, name: str) -> dict[str, Any]:
    (found,) = [one for one in tunnels(relay_socket) if one["name"] == name]
    return found

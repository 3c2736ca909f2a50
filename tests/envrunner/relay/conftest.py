"""One relay for tests that only call; those that kill or drain it have one of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.envrunner.relay.broker import Broker
from tests.envrunner.relay.dialling import ready
from tests.envrunner.relay.environments import DELETED, MINE, NOBODYS, OTHERS
from tests.envrunner.relay.node import RelayNode


def _filled(node: RelayNode) -> RelayNode:
    node.add_environment(MINE)
    node.add_environment(OTHERS, account="acc_2")
    node.add_environment(DELETED, status="DELETED")
    node.add_environment(NOBODYS)
    node.plane.change("routes", f"{NOBODYS:027}", None)
    return node


@pytest.fixture(scope="module")
def node() -> Iterator[RelayNode]:
    made = RelayNode()
    try:
        yield _filled(made).start()
    finally:
        made.stop()


@pytest.fixture
def own_node() -> Iterator[RelayNode]:
    """Quick to find out that nobody is there any more, though not as quick as a busy machine is slow."""
    made = RelayNode(settings={"RELAY_PING_SECONDS": 2, "RELAY_DRAIN_SECONDS": 5})
    try:
        yield _filled(made).start()
    finally:
        made.stop()


@pytest.fixture
def token(node: RelayNode) -> str:
    """A credential the relay knows."""
    return ready(node)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def nodes(broker: Broker) -> Iterator[tuple[RelayNode, RelayNode]]:
    """Two of one region."""
    first = RelayNode()
    second = RelayNode(beside=first)
    try:
        for node in (first, second):
            url = f"http://127.0.0.1:{node.proxy_port}"
            node.settings |= {"REDIS_URL": broker.url, "RELAY_NODE_URL": url, "RELAY_DRAIN_SECONDS": 5}
            node.settings["RELAY_PING_SECONDS"] = 2
        first.add_environment(MINE)
        first.add_environment(OTHERS, account="acc_2")
        yield first.start(), second.start()
    finally:
        second.stop()
        first.stop()

"""Kafka: a real engine consumes from librdkafka's mock cluster, the stand-in for a broker."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from envrunner.edge.subscriptions import Subscriptions
from envrunner.wire import EngineState
from tests.envrunner.engines import Engine
from tests.envrunner.nodes import Node
from tests.envrunner.specs import spec
from tests.support import services
from tests.support.kafka import Broker
from tests.support.services import Service
from tests.support.waiting import until

QUICKLY = {"session_timeout_ms": "6000", "heartbeat_interval_ms": "1000"}
KEYS = [f"k{number}" for number in range(10)]
GREETING = '"Hello"'
UNDONE = "select count(*) as n from sys_invocation where status <> 'completed'"
GREETED = "select service_key as k, value_utf8 as n from state where service_name = 'greeter' and key = 'count'"


class Consumer(Engine):
    """With the examples registered and a Kafka cluster ``lab``."""

    def subscribe(self, topic: str, **options: str) -> dict[str, Any]:
        """The topic to ``greeter/greet``; ``options`` with ``_`` for the dots."""
        wanted = {"auto.offset.reset": "earliest", **{name.replace("_", "."): text for name, text in options.items()}}
        body = {"source": f"kafka://lab/{topic}", "sink": "service://greeter/greet", "options": wanted}
        made: dict[str, Any] = self.admin("POST", "/subscriptions", body)
        return made

    def greeted(self, prefix: str = "") -> dict[str, int]:
        """How often each key that begins so was greeted."""
        rows = self.sql(GREETED)
        return {str(row["k"]): int(str(row["n"])) for row in rows if str(row["k"]).startswith(prefix)}

    def greets(self, prefix: str, least: int) -> None:
        """Returns when keys that begin so were greeted that often, all together."""
        until(lambda: sum(self.greeted(prefix).values()) >= least, 120)

    def kill(self) -> None:
        """Returns when its successor serves."""
        before = self.node.client.settled(self.spec.environment_id, 30)
        assert before.pid is not None
        os.kill(before.pid, signal.SIGKILL)
        until(lambda: self.node.client.settled(self.spec.environment_id, 1).restarts > before.restarts)
        self.node.wait_for(self.spec, EngineState.READY)

    def has_all(self, topic: str, broker: Broker) -> None:
        """Returns when whatever was sent to the topic so far has been worked off."""
        marks = broker.mark(topic, GREETING)
        until(lambda: all(mark in self.greeted("mark") for mark in marks), 120)
        until(lambda: self.sql(UNDONE) == [{"n": 0}], 120)


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with Broker() as running:
        yield running


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with services.typescript(tmp_path_factory.mktemp("service"), []) as running:
        yield running


def consumer(node: Node, number: int, broker: Broker, service: Service) -> Consumer:
    made = Consumer(node, spec(number))
    node.settle(made.spec)
    made.admin("POST", "/deployments", {"uri": service.url})
    made.admin("POST", "/kafka-clusters", {"name": "lab", "properties": {"bootstrap.servers": broker.address}})
    return made


@pytest.fixture(scope="module")
def one(shared_node: Node, broker: Broker, service: Service) -> Consumer:
    return consumer(shared_node, 60, broker, service)


@pytest.fixture(scope="module")
def other(shared_node: Node, broker: Broker, service: Service) -> Consumer:
    return consumer(shared_node, 61, broker, service)


def greetings(keys: list[str], times: int) -> list[tuple[str, str]]:
    return [(key, GREETING) for _ in range(times) for key in keys]


def test_every_message_once_though_the_engine_is_killed_twice(one: Consumer, broker: Broker) -> None:
    made = one.subscribe("orders", **QUICKLY)
    assert made["options"]["group.id"] == made["id"]
    for least in (1, 501):
        broker.send("orders", greetings(KEYS, 50))
        one.greets("k", least)
        one.kill()
    one.has_all("orders", broker)
    assert one.greeted("k") == dict.fromkeys(KEYS, 100)


def test_two_engines_read_the_same_topic_each_for_itself(one: Consumer, other: Consumer, broker: Broker) -> None:
    names = {each.subscribe("news")["options"]["group.id"] for each in (one, other)}
    broker.send("news", greetings(["n1", "n2", "n3", "n4"], 25))
    for each in (one, other):
        each.has_all("news", broker)
        assert each.greeted("n") == dict.fromkeys(["n1", "n2", "n3", "n4"], 25)
    assert len(names) == 2


def test_nothing_comes_once_a_subscription_is_deleted(one: Consumer, broker: Broker) -> None:
    ended = one.subscribe("ending", group_id="teams-own", **QUICKLY)
    broker.send("ending", greetings(["e1"], 1))
    until(lambda: one.greeted("e1"), 120)
    one.admin("DELETE", f"/subscriptions/{ended['id']}")
    # The engine answers before its consumer has ended.
    broker.wait_until_left("ending", "teams-own")
    broker.send("ending", greetings(["e1", "e2"], 1))
    # By the time another reader has had them, the first would have had them, too.
    one.subscribe("ending", group_id="another")
    one.has_all("ending", broker)
    assert one.greeted("e") == {"e1": 3, "e2": 1}


def test_a_group_of_ones_own_goes_on_where_it_was(one: Consumer, broker: Broker) -> None:
    first = one.subscribe("moving", group_id="movers", **QUICKLY)
    broker.send("moving", greetings(["m1"], 3))
    until(lambda: one.greeted("m").get("m1") == 3, 120)
    one.admin("DELETE", f"/subscriptions/{first['id']}")
    one.subscribe("moving", group_id="movers", **QUICKLY)
    broker.send("moving", greetings(["m2"], 1))
    until(lambda: one.greeted("m2"), 120)


def test_the_edge_counts_the_subscriptions_that_an_engine_has(one: Consumer) -> None:
    subscriptions, label = Subscriptions(one.node.settings.sockets_dir), one.spec.label
    before = len(one.admin("GET", "/subscriptions")["subscriptions"])
    made = one.subscribe("counted")
    assert not subscriptions.have_room(label, before + 1)
    one.admin("DELETE", f"/subscriptions/{made['id']}")
    assert subscriptions.have_room(label, before + 1)


def test_what_a_cluster_shows_of_its_secrets(one: Consumer) -> None:
    secrets = dict.fromkeys(["sasl.username", "sasl.password", "ssl.key.pem", "ssl.key.password"], "hidden-word")
    tls = {"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN"}
    properties = {"bootstrap.servers": "127.0.0.1:1", **tls, **secrets}
    path = "/kafka-clusters/closed"
    one.admin("POST", "/kafka-clusters", {"name": "closed", "properties": properties})
    seen = [one.admin("GET", path), one.admin("PATCH", path, {"properties": properties}), one.admin("GET", path)]
    seen.append(next(item for item in one.admin("GET", "/kafka-clusters")["clusters"] if item["name"] == "closed"))
    assert [each["properties"] for each in seen] == [properties | dict.fromkeys(secrets, "***")] * 4
    wanted = {"source": "kafka://closed/t", "sink": "service://greeter/greet"}
    tried = one.admin("POST", "/subscriptions", wanted)["id"]
    log = one.node.log(one.spec)
    until(lambda: f"Consumer task for subscription {tried}" in log.read_text())
    assert "hidden-word" not in log.read_text()
    one.admin("DELETE", f"/subscriptions/{tried}")

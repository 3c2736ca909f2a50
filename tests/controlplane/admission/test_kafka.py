"""Brokers, properties and subscriptions that an engine may be given."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from controlplane.settings import settings
from tests.controlplane.admission.edge import PUBLIC, Edge


def cluster(edge: Edge, **properties: Any) -> str:
    return edge("POST /kafka-clusters", {"name": "k", "properties": properties}) or ""


def test_brokers_are_judged_as_services_are(edge: Edge, names: dict[str, str]) -> None:
    names["kafka.example"] = PUBLIC
    names["inside.example"] = "10.0.0.1"
    for brokers in (
        "kafka.example:9092",
        "kafka.example",
        f"SASL_SSL://{PUBLIC}:9093, kafka.example",
        "127.0.0.1:9092",
    ):
        assert cluster(edge, **{"bootstrap.servers": brokers}) == ""
        assert cluster(edge, **{"metadata.broker.list": brokers}) == ""
    for brokers in (
        "inside.example:9092",
        "kafka.example,inside.example",
        "169.254.169.254:80",
        "http://kafka.example",
    ):
        assert cluster(edge, **{"bootstrap.servers": brokers})
        assert cluster(edge, **{"bootstrap.servers": "kafka.example", "metadata.broker.list": brokers})
        assert edge("PATCH /kafka-clusters/k", {"properties": {"bootstrap.servers": brokers}})
    port = settings().ingress_port
    assert "this plane itself" in cluster(edge, **{"bootstrap.servers": f"127.0.0.1:{port}"})
    for brokers in ("", ",", "kafka.example:0", "kafka.example:99999", "a b", ",".join(["kafka.example"] * 21)):
        assert cluster(edge, **{"bootstrap.servers": brokers})


@pytest.mark.parametrize(
    "name",
    [
        "plugin.library.paths", "ssl.ca.location", "ssl.key.location", "ssl.keystore.location", "ssl.engine.location",
        "sasl.oauthbearer.token.endpoint.url", "sasl.kerberos.kinit.cmd", "sasl.kerberos.keytab", "debug",
        "ssl.providers", "Bootstrap.Servers", "https.ca.location", "client.dns.lookup", "ssl.crl.location",
        "ssl.certificate.location", "ssl.keystore.password", "sasl.kerberos.principal", "sasl.oauthbearer.config",
        "sasl.oauthbearer.method", "sasl.oauthbearer.private.key.location", "enable.sasl.oauthbearer.unsecure.jwt",
        "socket.nagle.disable", "socket.max.fails", "statistics.interval.ms", "stats_cb", "log_level", "opaque",
        "test.mock.num.brokers", "test.mock.broker.rtt", "interceptors", "resolve_cb", "connect_cb", "open_cb",
        "plugin.library.paths ", "PLUGIN.LIBRARY.PATHS", "plugin.library.path\u017f",
    ],
)  # fmt: skip
def test_properties_that_reach_for_the_host_are_closed(edge: Edge, name: str) -> None:
    properties = {"bootstrap.servers": PUBLIC, name: "x"}
    for route in ("POST /kafka-clusters", "PATCH /kafka-clusters/k"):
        body = {"properties": properties} | ({"name": "k"} if route.startswith("POST") else {})
        said = edge(route, body) or ""
        assert "is not open to tenants" in said
        assert "ssl.ca.pem" in said, "what may be used instead"
    options = {"source": "kafka://k/t", "sink": "service://A/b", "options": {name: "x"}}
    assert "is not open to tenants" in (edge("POST /subscriptions", options) or "")


def test_usual_properties_are_open(edge: Edge) -> None:
    usual = {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "a",
        "sasl.password": "b",
    }
    assert cluster(edge, **{"bootstrap.servers": PUBLIC, **usual}) == ""
    for mechanism in ("GSSAPI", "OAUTHBEARER"):
        assert "is one of PLAIN" in cluster(edge, **{"bootstrap.servers": PUBLIC, "sasl.mechanism": mechanism})
    assert cluster(edge, **{"bootstrap.servers": 1})
    subscription = {"source": "kafka://k/t", "sink": "service://A/b", "options": {"auto.offset.reset": "earliest"}}
    assert edge("POST /subscriptions", subscription) is None
    subscription["options"] = {"bootstrap.servers": PUBLIC}
    assert edge("POST /subscriptions", subscription)


@pytest.mark.parametrize("name", ["sub_129iVMyQIAv0Xc1GQh3SJot", "sub_"])
def test_nobody_joins_the_group_of_another_engines_subscription(edge: Edge, name: str) -> None:
    subscription = {"source": "kafka://k/t", "sink": "service://A/b", "options": {"group.id": name}}
    for said in (
        edge("POST /subscriptions", subscription),
        cluster(edge, **{"bootstrap.servers": PUBLIC, "group.id": name}),
        edge("PATCH /kafka-clusters/k", {"properties": {"bootstrap.servers": PUBLIC, "group.id": name}}),
    ):
        assert "may not begin with sub_" in (said or "")
    subscription["options"] = {"group.id": "payments-orders"}
    assert edge("POST /subscriptions", subscription) is None


HOLDER = {"bootstrap.servers": PUBLIC}


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("queued.max.messages.kbytes", 65536), ("fetch.max.bytes", 52428800), ("fetch.message.max.bytes", 10485760),
        ("max.partition.fetch.bytes", 10485760), ("queued.min.messages", 100000),
    ],
)  # fmt: skip
def test_what_a_consumer_may_hold_is_bounded(edge: Edge, name: str, most: int) -> None:
    options = {"source": "kafka://k/t", "sink": "service://A/b"}
    for value in (str(most + 1), "2147483135", "-1", "1e3", "0x7fffffff", " 1", "1_0", "\u0661", ""):
        said = {
            cluster(edge, **HOLDER, **{name: value}),
            edge("PATCH /kafka-clusters/k", {"properties": {**HOLDER, name: value}}),
            edge("POST /subscriptions", {**options, "options": {name: value}}),
        }
        assert said == {f"{name} is a whole number of at most {most}: an engine holds so much for each subscription."}
    assert cluster(edge, **HOLDER, **{name: str(most)}) == ""
    assert edge("POST /subscriptions", {**options, "options": {name: "1"}}) is None


def test_brokers_whose_names_take_long_to_resolve(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    now = time.monotonic()

    def slow(host: str, port: int, *_: Any, **__: Any) -> Any:
        asked.append(host)
        monkeypatch.setattr("controlplane.admission.kafka.monotonic", lambda: now + 6 * len(asked))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (PUBLIC, port))]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    monkeypatch.setattr("controlplane.admission.kafka.monotonic", lambda: now)
    said = cluster(edge, **{"bootstrap.servers": ",".join(f"b{n}.slow.example" for n in range(20))})
    assert "take too long to resolve" in said
    assert len(asked) == 2


def test_the_edge_is_told_how_many_subscriptions_there_may_be(edge: Edge, configured: Callable[..., None]) -> None:
    configured(kafka_subscriptions_per_environment=7)
    subscription = json.dumps({"source": "kafka://k/t", "sink": "service://A/b"})

    def verdict(route: str, body: str) -> Any:
        ask = {"environmentId": edge.environment_id, "route": route, "body": body}
        return edge.node.call("POST", "/admission", json=ask).json()["subscriptions"]

    bound = verdict("POST /subscriptions", subscription)
    assert (bound["most"], "has 7 Kafka subscriptions" in bound["message"]) == (7, True)
    assert verdict("POST /subscriptions", "{") is None
    assert verdict("POST /deployments", json.dumps({"uri": f"https://{PUBLIC}"})) is None

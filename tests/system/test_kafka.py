"""Kafka through the whole plane, from librdkafka's mock cluster, the stand-in for a broker."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from tests.support.kafka import Broker
from tests.support.tenants import Environment
from tests.support.waiting import until
from tests.system.conftest import Examples

pytestmark = pytest.mark.system


def test_messages_arrive_once_at_the_object_of_their_key(
    examples: Examples, environment: Callable[..., Environment]
) -> None:
    caller, (ada, bob) = examples.caller, [f"{name}-{uuid4().hex}" for name in ("ada", "bob")]
    with Broker() as broker:
        properties = {"bootstrap.servers": broker.address, "sasl.password": "hidden-word"}
        made = caller.admin("POST", "/kafka-clusters", json={"name": "lab", "properties": properties})
        assert made.status_code == 201, made.text
        wanted = {"source": "kafka://lab/greetings", "sink": "service://greeter/greet"}
        options = {"auto.offset.reset": "earliest"}
        subscribed = caller.admin("POST", "/subscriptions", json={**wanted, "options": options})
        assert subscribed.status_code == 201, subscribed.text
        broker.send("greetings", [(key, '"Hello"') for key in (ada, bob) for _ in range(50)])
        count = f"select count(*) as n from sys_invocation where target_service_key in ('{ada}', '{bob}')"
        until(lambda: caller.sql(f"{count} and status = 'completed'") == [{"n": 100}], 90)

        stranger = environment()
        theirs = stranger.using(stranger.owner.token)
        refused = caller.admin("PATCH", "/kafka-clusters/lab", json={"properties": {"ssl.ca.location": "/etc/passwd"}})
        shown = caller.admin("GET", "/kafka-clusters/lab")
        assert (refused.status_code, "ssl.ca.pem" in refused.json()["message"]) == (422, True), refused.text
        assert (shown.json()["properties"]["sasl.password"], "hidden-word" in shown.text) == ("***", False)
        assert theirs.admin("GET", "/kafka-clusters").json() == {"clusters": []}
        assert theirs.admin("DELETE", f"/subscriptions/{subscribed.json()['id']}").status_code == 404

        assert caller.admin("DELETE", f"/subscriptions/{subscribed.json()['id']}").status_code == 202
        assert caller.admin("DELETE", "/kafka-clusters/lab").status_code == 202
        assert [caller.invoke(f"/greeter/{key}/greet", "Hello") for key in (ada, bob)] == [
            f"Hello {key} for the 51-th time." for key in (ada, bob)
        ]

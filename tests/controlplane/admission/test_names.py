"""Names below a `*.`: the kernel of an engine's host opens what those lead to that were admitted, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy.orm import Session

from controlplane.core import clock
from controlplane.outbound_policy import repository, service
from controlplane.outbound_policy.models import OutboundPolicy
from tests.controlplane.admission.edge import Edge, register

ALLOWED = ["*.corp.example", "db.other.example"]


@pytest.fixture(autouse=True)
def policy(edge: Edge, session: Session, names: dict[str, str]) -> OutboundPolicy:
    names |= {"a.corp.example": "10.20.0.5", "b.corp.example": "10.20.0.6", "db.other.example": "10.20.0.7"}
    names |= {"a.corp.example.": "10.20.0.5", "corp.example": "10.20.0.8", "a.corp.example.evil.example": "10.20.0.9"}
    row = OutboundPolicy(environment_id=edge.environment_id, networks=[], hosts=ALLOWED)
    row.updated_by, row.updated_at = "operator", clock.now()
    session.add(row)
    session.flush()
    return row


def outbound(edge: Edge) -> dict[str, Any]:
    (spec,) = edge.node.specs()
    found: dict[str, Any] = spec["outbound"]
    assert not [one for one in found["networks"] if one.startswith(("10.", "172.", "192.168.", "100.", "fc"))]
    one_only = edge.node.call("GET", f"/specs/{edge.environment_id}").json()
    assert one_only["outbound"] == found
    return found


def told_first(edge: Edge, body: dict[str, Any], route: str = "POST /deployments") -> bool:
    ask = {"environmentId": edge.environment_id, "route": route, "body": json.dumps(body)}
    answer = edge.node.call("POST", "/admission", json=ask).json()
    assert answer["admitted"], answer
    return bool(answer["reachesFurther"])


def test_a_star_by_itself_opens_nothing(edge: Edge) -> None:
    assert outbound(edge)["hosts"] == ["db.other.example"]


def test_a_name_opens_when_it_is_admitted_and_before_the_engine_is_told(edge: Edge) -> None:
    assert told_first(edge, {"uri": "https://A.corp.example.:8443/x"})
    assert outbound(edge)["hosts"] == ["db.other.example", "a.corp.example"]
    assert not told_first(edge, {"uri": "https://db.other.example"}), "its host asks for that one anyway"


def test_so_do_brokers(edge: Edge) -> None:
    brokers = {"name": "k", "properties": {"bootstrap.servers": "a.corp.example:9092,b.corp.example"}}
    assert told_first(edge, brokers, "POST /kafka-clusters")
    assert outbound(edge)["hosts"][1:] == ["a.corp.example", "b.corp.example"]


def test_what_is_refused_opens_nothing(edge: Edge) -> None:
    for host in ("corp.example", "a.corp.example.evil.example", "unknown.corp.example"):
        assert register(edge, f"https://{host}")
    two = {"name": "k", "properties": {"bootstrap.servers": "a.corp.example:9092,10.20.0.9:9092"}}
    assert edge("POST /kafka-clusters", two)
    assert edge("POST /deployments", {"uri": "https://a.corp.example", "auth": {}})
    assert outbound(edge)["hosts"] == ["db.other.example"]


def test_it_closes_when_the_star_is_withdrawn(edge: Edge, session: Session, policy: OutboundPolicy) -> None:
    register(edge, "https://a.corp.example")
    policy.hosts = ["*.other.example"]
    session.flush()
    assert outbound(edge)["hosts"] == []


def test_those_of_one_environment_are_bounded_and_the_latest_stay(edge: Edge, session: Session) -> None:
    for number in range(service.MOST_NAMES + 2):
        service.admitted(session, edge.environment_id, {f"n{number}.corp.example"})
    kept = repository.names(session, edge.environment_id)
    assert len(kept) == service.MOST_NAMES
    assert not {"n0.corp.example", "n1.corp.example"} & set(kept)
    service.forget(session, edge.environment_id)
    assert repository.names(session, edge.environment_id) == []

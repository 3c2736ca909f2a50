"""Whether AWS lets this environment have the role: asked before the engine is told of it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.loaders import JSONFileLoader

from controlplane.aws.trust_policy import document
from tests.controlplane.admission.edge import FUNCTION, ROLE, Edge
from tests.controlplane.aws.conftest import PLANE, US, aws
from tests.controlplane.people import SignedUp
from tests.support.aws_double import AwsDouble, Role

__all__ = ["aws"]


@pytest.fixture
def neighbour(edge: Edge, signed_up: SignedUp) -> Edge:
    bo = signed_up("bo")
    made = bo.post(f"/accounts/{bo.account()}/environments", {"name": "dev"})
    return Edge(edge.node, made.json()["environmentId"])


def asked(edge: Edge, role: str = ROLE) -> str:
    return edge("POST /deployments", {"arn": FUNCTION, "assume_role_arn": role}) or ""


def test_a_role_serves_the_environment_it_trusts_and_no_other(aws: AwsDouble, edge: Edge, neighbour: Edge) -> None:
    """The confused deputy: a neighbour has learnt the ARN of somebody's role."""
    aws.roles[ROLE] = Role(document(US, edge.environment_id))
    assert asked(edge) == ""
    said = asked(neighbour)
    assert f"sts:ExternalId {neighbour.environment_id}" in said
    assert "A role that trusts another environment is that environment's alone." in said
    assert not any(word in said for word in (edge.environment_id, PLANE, "restate-doctor", "not authorized"))
    assert {call["external_id"] for call in aws.calls if call.get("role") == ROLE} == {
        edge.environment_id, neighbour.environment_id,
    }  # fmt: skip


def test_a_role_that_is_not_there_is_refused_alike(aws: AwsDouble, edge: Edge) -> None:
    assert "no such role" in asked(edge)


@pytest.mark.parametrize("broken", ["ExpiredToken", "AccessDenied", ""])
def test_when_the_plane_itself_cannot_ask_the_engine_finds_out(aws: AwsDouble, edge: Edge, broken: str) -> None:
    aws.broken = broken
    if not broken:
        aws.identities.clear()
    assert asked(edge) == ""


def test_services_are_read_about_once(aws: AwsDouble, edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading takes a tenth of a second of CPU; whoever may register could keep the plane busy with it."""
    aws.roles[ROLE] = Role(document(US, edge.environment_id))
    assert asked(edge) == ""
    read: list[str] = []
    load = JSONFileLoader.load_file

    def noted(self: Any, path: str) -> Any:
        read.append(path)
        return load(self, path)

    monkeypatch.setattr(JSONFileLoader, "load_file", noted)
    assert asked(edge) == ""
    assert [path for path in read if "service-2" in path or "endpoint-rule-set" in path] == []

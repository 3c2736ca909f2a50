"""Ceilings that an operator sets for one environment, and what its account chooses below them."""

from typing import Any

import httpx2
import pytest
from sqlalchemy.orm import Session

from controlplane.core.database import transaction
from controlplane.core.errors import NotFound
from controlplane.environments import limits
from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def environment_id(signed_up: SignedUp, node: Node) -> str:
    ada = signed_up()
    made: str = ada.post(f"/accounts/{ada.account()}/environments", {"name": "dev"}).json()["environmentId"]
    node.does_what_it_should()
    return made


def set_limits(environment_id: str, rate: int | None = None, size: int | None = None, **more: int) -> None:
    with transaction() as session:
        limits.set_ceilings(session, environment_id, limits.Wanted(rate, request_size_limit_bytes=size, **more))


def patch(person: Person, path: str, body: dict[str, Any]) -> httpx2.Response:
    return person.call("PATCH", path, json=body)


def route(node: Node, environment_id: str) -> dict[str, Any]:
    tables = node.call("GET", "/edge/snapshot").json()["tables"]
    found: dict[str, Any] = tables["routes"][environment_id.removeprefix("env_")]
    return found


def test_the_rate_changes_at_the_edge_and_leaves_the_engine_alone(environment_id: str, node: Node) -> None:
    set_limits(environment_id, 7, None)
    assert route(node, environment_id)["requestsPerSecond"] == 7
    assert node.specs()[0]["generation"] == 1


def test_the_size_changes_at_the_edge_and_in_the_engine(environment_id: str, node: Node) -> None:
    set_limits(environment_id, None, 2048)
    spec = node.specs()[0]
    assert (route(node, environment_id)["requestSizeLimitBytes"], spec["requestSizeLimitBytes"]) == (2048, 2048)
    assert (spec["generation"], spec["desired"]) == (2, "RUNNING")


def test_the_change_is_audited_for_the_account(signed_up: SignedUp, node: Node) -> None:
    ada = signed_up()
    account = ada.account()
    made = ada.post(f"/accounts/{account}/environments", {"name": "dev"}).json()["environmentId"]
    assert node
    set_limits(made, 7, None)
    latest = ada.get(f"/accounts/{account}/audit-events?limit=1").json()["items"][0]
    assert (latest["action"], latest["target"], latest["actor"]) == ("environment.limit", made, "system")
    assert latest["details"]["after"] == {"requestsPerSecond": 7}


def test_an_unknown_environment_is_refused(session: Session) -> None:
    with pytest.raises(NotFound):
        limits.set_ceilings(session, "env_" + "0" * 27, limits.Wanted(1))


@pytest.fixture
def ada(signed_up: SignedUp) -> Person:
    return signed_up()


@pytest.fixture
def path(ada: Person, node: Node) -> str:
    account = ada.account()
    made = ada.post(f"/accounts/{account}/environments", {"name": "chosen"}).json()["environmentId"]
    node.does_what_it_should()
    return f"/accounts/{account}/environments/{made}"


DEFAULTS = {
    "requestsPerSecond": 5000, "requestsInFlight": 1000, "requestSizeLimitBytes": 32 * 1024 * 1024, "querySeconds": 60,
}  # fmt: skip


def test_an_account_chooses_less_and_takes_it_back(ada: Person, path: str, node: Node) -> None:
    environment_id = path.rpartition("/")[2]
    assert ada.get(f"{path}/limits").json() == {"limits": DEFAULTS, "ceilings": DEFAULTS}
    chosen = {"requestsPerSecond": 10, "requestsInFlight": 2, "querySeconds": 5}
    answer = patch(ada, f"{path}/limits", chosen)
    assert answer.json() == {"limits": DEFAULTS | chosen, "ceilings": DEFAULTS}
    assert route(node, environment_id).items() >= (DEFAULTS | chosen).items()
    assert ada.get(path).json().items() >= (DEFAULTS | chosen).items()
    assert patch(ada, f"{path}/limits", {"requestsInFlight": None}).json()["limits"] == DEFAULTS | chosen | {
        "requestsInFlight": 1000
    }
    assert {one["generation"] for one in node.specs() if one["environmentId"] == environment_id} == {1}


def test_a_chosen_size_reaches_the_engine(ada: Person, path: str, node: Node) -> None:
    patch(ada, f"{path}/limits", {"requestSizeLimitBytes": 2048})
    (spec,) = (one for one in node.specs() if one["environmentId"] == path.rpartition("/")[2])
    assert (spec["requestSizeLimitBytes"], spec["generation"]) == (2048, 2)


def test_nobody_chooses_more_than_the_ceiling(ada: Person, path: str, node: Node) -> None:
    environment_id = path.rpartition("/")[2]
    answer = patch(ada, f"{path}/limits", {"requestsPerSecond": 100, "querySeconds": 61})
    assert (answer.status_code, answer.json()["code"]) == (409, "above_ceiling")
    assert "at most 60 here, and 61 is more" in answer.json()["message"]
    assert ada.get(f"{path}/limits").json()["limits"] == DEFAULTS
    patch(ada, f"{path}/limits", {"querySeconds": 50})
    set_limits(environment_id, query_seconds=20, requests_in_flight=0)
    assert route(node, environment_id).items() >= {"querySeconds": 20, "requestsInFlight": 0}.items()
    set_limits(environment_id, query_seconds=600)
    assert route(node, environment_id)["querySeconds"] == 50
    for wrong in ({"requestsInFlight": 0}, {"querySeconds": 0}, {"requestSizeLimitBytes": 10}, {"more": 1}):
        assert patch(ada, f"{path}/limits", wrong).status_code == 422


def test_read_only_is_told_the_edge_and_audited(ada: Person, path: str, node: Node) -> None:
    environment_id = path.rpartition("/")[2]
    assert route(node, environment_id)["readOnly"] is False
    assert patch(ada, path, {"readOnly": True}).json()["readOnly"] is True
    assert route(node, environment_id)["readOnly"] is True
    latest = ada.get(f"{path.rpartition('/environments')[0]}/audit-events?limit=1").json()["items"][0]
    assert (latest["action"], latest["details"]["after"]) == ("environment.update", {"readOnly": True})
    assert patch(ada, path, {"readOnly": "yes"}).status_code == 422

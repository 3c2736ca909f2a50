"""Limits that an operator sets for one environment."""

import pytest
from sqlalchemy.orm import Session

from controlplane.core.database import transaction
from controlplane.core.errors import NotFound
from controlplane.environments import limits
from tests.controlplane.node import Node
from tests.controlplane.people import SignedUp

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def environment_id(signed_up: SignedUp, node: Node) -> str:
    ada = signed_up()
    made: str = ada.post(f"/accounts/{ada.account()}/environments", {"name": "dev"}).json()["environmentId"]
    node.does_what_it_should()
    return made


def set_limits(environment_id: str, rate: int | None, size: int | None) -> None:
    with transaction() as session:
        limits.set_limits(session, environment_id, rate, size)


def test_the_rate_changes_at_the_edge_and_leaves_the_engine_alone(environment_id: str, node: Node) -> None:
    set_limits(environment_id, 7, None)
    route = node.call("GET", "/edge/snapshot").json()["tables"]["routes"][environment_id.removeprefix("env_")]
    assert route["requestsPerSecond"] == 7
    assert node.specs()[0]["generation"] == 1


def test_the_size_changes_at_the_edge_and_in_the_engine(environment_id: str, node: Node) -> None:
    set_limits(environment_id, None, 2048)
    route = node.call("GET", "/edge/snapshot").json()["tables"]["routes"][environment_id.removeprefix("env_")]
    spec = node.specs()[0]
    assert (route["requestSizeLimitBytes"], spec["requestSizeLimitBytes"]) == (2048, 2048)
    assert (spec["generation"], spec["desired"]) == (2, "RUNNING")


def test_the_change_is_audited_for_the_account(signed_up: SignedUp, node: Node) -> None:
    ada = signed_up()
    account = ada.account()
    made = ada.post(f"/accounts/{account}/environments", {"name": "dev"}).json()["environmentId"]
    assert node
    set_limits(made, 7, None)
    latest = ada.get(f"/accounts/{account}/audit-events?limit=1").json()["items"][0]
    assert (latest["action"], latest["target"], latest["actor"]) == ("environment.limit", made, "system")
    assert latest["details"]["after"][0] == 7


def test_an_unknown_environment_is_refused(session: Session) -> None:
    with pytest.raises(NotFound):
        limits.set_limits(session, "env_" + "0" * 27, 1, None)

"""Operators see every runner and every environment, and drain a runner; nobody else does."""

from __future__ import annotations

import httpx2
import pytest

from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp


@pytest.fixture
def owner(operator: Person, signed_up: SignedUp) -> Person:
    return signed_up("owner")


def drain(by: Person, *, draining: bool = True) -> httpx2.Response:
    return by.call("PATCH", "/runners/local", json={"draining": draining})


def test_a_draining_runner_takes_no_new_environments(operator: Person, owner: Person, node: Node) -> None:
    account = f"/accounts/{owner.account('proving')}"
    before = owner.post(f"{account}/environments", {"name": "before"})
    drained = drain(operator)
    assert (drained.status_code, drained.json()["draining"], drained.json()["engines"]) == (200, True, 1)
    refused = owner.post(f"{account}/environments", {"name": "meanwhile"})
    assert (before.status_code, refused.status_code, refused.json()["code"]) == (202, 503, "no_capacity")
    node.does_what_it_should()
    assert owner.get(f"{account}/environments/{before.json()['environmentId']}").json()["status"] == "ACTIVE"
    drain(operator, draining=False)
    assert owner.post(f"{account}/environments", {"name": "after"}).status_code == 202


def test_runners_say_how_they_are(operator: Person, node: Node) -> None:
    (silent,) = operator.get("/runners").json()["items"]
    node.call("POST", "/heartbeat", json={"engines": 3, "version": "9.9"})
    (alive,) = operator.get("/runners").json()["items"]
    assert (silent["runnerId"], silent["alive"], silent["version"]) == ("local", False, None)
    assert (alive["alive"], alive["engines"], alive["capacity"], alive["version"]) == (True, 3, 100, "9.9")


def test_environments_of_all_accounts_are_found(operator: Person, owner: Person, node: Node) -> None:
    account_id = owner.account("proving")
    made = owner.post(f"/accounts/{account_id}/environments", {"name": "payments"}).json()
    node.does_what_it_should()

    def found(**query: str) -> list[str]:
        return [item["name"] for item in operator.get("/environments", params=query).json()["items"]]

    (item,) = operator.get("/environments").json()["items"]
    assert (item["accountName"], item["runnerId"], item["status"]) == ("proving", "local", "ACTIVE")
    for text_ in ("PAY", "prov", made["environmentId"], account_id):
        assert found(text=text_) == ["payments"], text_
    assert found(status="ACTIVE", runner="local") == ["payments"]
    assert found(text="%") == found(text="_yments") == found(status="FAILED") == found(runner="other") == []


def test_nobody_else_sees_or_drains(owner: Person, node: Node) -> None:
    for answer in (
        owner.get("/runners"),
        owner.get("/environments"),
        drain(owner),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "operator_required")


def test_a_runner_that_is_not_there(operator: Person) -> None:
    answer = operator.call("PATCH", "/runners/nowhere", json={"draining": True})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

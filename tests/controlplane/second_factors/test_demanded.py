"""An account that demands a second factor: who has none has no rights in it, here or at an edge."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import FastAPI

from controlplane.auth import Role
from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp
from tests.controlplane.second_factors.factors import enrol_app, enrol_passkey, refusal

pytestmark = pytest.mark.usefixtures("committed")
OWED = (403, "second_factor_enrolment_required")


@pytest.fixture
def ada(signed_up: SignedUp) -> Person:
    """Has a second factor."""
    person = signed_up("ada")
    enrol_app(person)
    return person


def demand(owner: Person, account_id: str, required: bool = True) -> int:
    answer = owner.call("PATCH", f"/accounts/{account_id}", json={"requireSecondFactor": required})
    return answer.status_code


class Edge:
    """Follows the changes as an edge does; `members` must be what a snapshot says."""

    def __init__(self, node: Node) -> None:
        self.node = node
        first = node.call("GET", "/edge/snapshot").json()
        self.sequence, self.tables = first["sequence"], first["tables"]

    @property
    def members(self) -> dict[str, Any]:
        changes = self.node.call("GET", f"/edge/changes?after={self.sequence}&wait=0").json()
        assert not changes["reset"]
        for change in changes["items"]:
            table = self.tables[change["table"]]
            table.pop(change["key"], None)
            if change["value"] is not None:
                table[change["key"]] = change["value"]
        self.sequence = changes["sequence"]
        members: dict[str, Any] = self.tables["members"]
        assert members == self.node.call("GET", "/edge/snapshot").json()["tables"]["members"]
        return members


@pytest.fixture
def edge(node: Node) -> Edge:
    return Edge(node)


def test_the_edges_follow_the_switch_and_the_person(ada: Person, signed_up: SignedUp, edge: Edge) -> None:
    account_id, free = ada.account("strict"), ada.account("free")
    bob = signed_up("bob").joins(account_id, Role.DEVELOPER).joins(free, Role.VIEWER)
    at, elsewhere = f"{bob.user_id}/{account_id}", f"{bob.user_id}/{free}"
    assert edge.members[at] == {"role": "developer"}
    assert demand(ada, account_id) == 200
    assert at not in edge.members
    assert set(edge.members) == {f"{ada.user_id}/{account_id}", f"{ada.user_id}/{free}", elsewhere}
    enrol_passkey(bob)
    assert edge.members[at] == {"role": "developer"}
    passkey_id = bob.get("/auth/second-factors").json()["passkeys"][0]["passkeyId"]
    bob.delete(f"/auth/passkeys/{passkey_id}")
    assert at not in edge.members
    assert demand(ada, account_id, required=False) == 200
    assert edge.members[at] == {"role": "developer"}
    assert edge.members[elsewhere] == {"role": "viewer"}


def test_who_joins_later_or_changes_role_is_no_exception(ada: Person, signed_up: SignedUp, edge: Edge) -> None:
    account_id = ada.account()
    demand(ada, account_id)
    bob = signed_up("bob").joins(account_id, Role.VIEWER)
    assert f"{bob.user_id}/{account_id}" not in edge.members
    changed = ada.call("PATCH", f"/accounts/{account_id}/members/{bob.user_id}", json={"role": "admin"})
    assert changed.status_code == 200
    assert f"{bob.user_id}/{account_id}" not in edge.members
    enrol_app(bob)
    assert edge.members[f"{bob.user_id}/{account_id}"] == {"role": "admin"}
    assert ada.delete(f"/accounts/{account_id}/members/{bob.user_id}").status_code == 204
    assert f"{bob.user_id}/{account_id}" not in edge.members


def test_an_app_that_is_only_begun_is_none(ada: Person, signed_up: SignedUp, edge: Edge) -> None:
    account_id = ada.account()
    demand(ada, account_id)
    bob = signed_up("bob").joins(account_id, Role.ADMIN)
    bob.post("/auth/totp")
    assert refusal(bob.get(f"/accounts/{account_id}")) == OWED
    assert f"{bob.user_id}/{account_id}" not in edge.members


def test_no_operation_of_the_account_is_left_open(app: FastAPI, ada: Person, signed_up: SignedUp) -> None:
    account_id = ada.account()
    demand(ada, account_id)
    bob = signed_up("bob").joins(account_id, Role.OWNER)
    # To join is for those who are no members yet; the stock CLI's listing begins at the caller.
    inside = {path: methods for path, methods in app.openapi()["paths"].items() if "{accountId}" in path}
    del inside["/api/v1/accounts/{accountId}/join"]
    for path, methods in inside.items():
        url = re.sub(r"\{\w+\}", "nothing", path.replace("{accountId}", account_id))
        for method, operation in methods.items():
            body: dict[str, Any] | None = {} if "requestBody" in operation else None
            answer = bob.client.request(method.upper(), url, headers=bob.headers, json=body)
            assert refusal(answer) == OWED, f"{method} {path}"
    assert len(inside) > 10
    assert bob.get("/accounts").json()["items"] == []


def test_what_belongs_to_the_account_is_not_found_by_other_ways(ada: Person, signed_up: SignedUp, node: Node) -> None:
    account_id = ada.account()
    assert node
    made = ada.post(f"/accounts/{account_id}/environments", {"name": "dev"}).json()
    bob = signed_up("bob").joins(account_id, Role.ADMIN)
    assert bob.get(f"/operations/{made['operationId']}").status_code == 200
    demand(ada, account_id)
    assert bob.get(f"/operations/{made['operationId']}").status_code == 404


def test_one_sees_what_is_owed_and_pays_it(ada: Person, signed_up: SignedUp) -> None:
    account_id = ada.account("strict")
    demand(ada, account_id)
    bob = signed_up("bob").joins(account_id, Role.DEVELOPER)
    mine = bob.get("/auth/me").json()["accounts"]
    owing = {"accountId": account_id, "name": "strict", "role": "developer", "secondFactorRequired": True}
    assert mine == [{**owing, "permissions": []}]
    assert "/account/security" in bob.get(f"/accounts/{account_id}").json()["message"]
    enrol_app(bob)
    assert bob.get("/auth/me").json()["accounts"][0]["secondFactorRequired"] is False
    assert bob.get(f"/accounts/{account_id}").status_code == 200


def test_who_demands_one_has_one(signed_up: SignedUp) -> None:
    eve = signed_up("eve")
    account_id = eve.account()
    assert demand(eve, account_id) == 409
    enrol_app(eve)
    assert demand(eve, account_id) == 200


def test_at_the_same_moment_the_last_word_is_the_true_one(ada: Person, signed_up: SignedUp, edge: Edge) -> None:
    """The switch, the factor and the membership change at once; whatever the order, edges and plane agree."""
    account_id = ada.account()
    bob = signed_up("bob").joins(account_id, Role.DEVELOPER)
    member = f"/accounts/{account_id}/members/{bob.user_id}"
    for turn in range(6):
        enrol_app(bob)
        changes = (
            lambda: bob.delete("/auth/totp"),
            lambda turn=turn: demand(ada, account_id, required=turn % 2 == 0),
            lambda turn=turn: ada.call("PATCH", member, json={"role": ("viewer", "developer")[turn % 2]}),
        )
        with ThreadPoolExecutor(len(changes)) as pool:
            for done in [pool.submit(change) for change in changes]:
                done.result()
        there = f"{bob.user_id}/{account_id}" in edge.members
        assert there == (bob.get(f"/accounts/{account_id}").status_code == 200) == (turn % 2 == 1)

"""Accounts: names, limits, who sees what."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.audit.models import AuditEvent
from controlplane.auth import Role
from controlplane.core.names import RULE
from controlplane.edge_log.models import EdgeChange
from controlplane.settings import Settings, settings
from tests.controlplane.people import API, SignedUp


def test_creating_makes_the_creator_owner(signed_up: SignedUp) -> None:
    ada = signed_up()
    answer = ada.post("/accounts", {"name": "payments"})
    assert answer.status_code == 201
    assert answer.json() | {"accountId": "", "createdAt": ""} == {
        "accountId": "", "name": "payments", "role": "owner", "requireSecondFactor": False, "createdAt": "",
    }  # fmt: skip
    account_id = answer.json()["accountId"]
    assert account_id.startswith("acc_")
    [mine] = ada.get("/auth/me").json()["accounts"]
    assert (mine["accountId"], mine["name"], mine["role"]) == (account_id, "payments", "owner")
    assert ada.get(f"/accounts/{account_id}").json() == answer.json()


def test_creating_tells_the_edges_and_the_audit_trail(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    account_id = ada.account("payments")
    change = session.scalars(select(EdgeChange).where(EdgeChange.table_name == "members")).one()
    assert (change.entry, change.value) == (f"{ada.user_id}/{account_id}", {"role": "owner"})
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "account.create")).one()
    assert (event.actor, event.target, event.account_id, event.details) == (
        ada.user_id, account_id, account_id, {"name": "payments"},
    )  # fmt: skip


@pytest.mark.parametrize("name", ["", "-a", "a-", "a--b", "A", "a_b", "ä", "a" * 40, "a\n", " a", "a\u0000"])
def test_names_that_break_the_rule(signed_up: SignedUp, name: str) -> None:
    answer = signed_up().post("/accounts", {"name": name})
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"
    assert answer.json()["details"] == {"errors": [{"field": "name", "message": RULE}]}
    assert RULE in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "name"), ({"name": 5}, "name"), ({"name": None}, "name"), ({"name": "a", "x": 1}, "x"), ([], "body")],
)
def test_bodies_of_the_wrong_shape(signed_up: SignedUp, body: object, field: str) -> None:
    answer = signed_up().post("/accounts", body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["details"]["errors"]] == [field]


def test_a_name_once_per_creator(signed_up: SignedUp) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    ada.account("payments")
    again = ada.post("/accounts", {"name": "payments"})
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")
    assert "'payments'" in again.json()["message"]
    assert len(ada.get("/accounts").json()["items"]) == 1
    bob.account("payments")


def test_the_limit(signed_up: SignedUp, monkeypatch: pytest.MonkeyPatch) -> None:
    limited = Settings(**{**settings().model_dump(), "accounts_per_user": 2})
    monkeypatch.setattr("controlplane.accounts.service.settings", lambda: limited)
    ada = signed_up()
    ada.account("one")
    ada.account("two")
    third = ada.post("/accounts", {"name": "three"})
    assert (third.status_code, third.json()["code"]) == (409, "account_limit_reached")


def test_pages_are_in_order_and_complete(signed_up: SignedUp) -> None:
    ada = signed_up()
    made = [ada.account(f"a{number}") for number in range(5)]
    seen, after = [], None
    for size in (2, 2, 1):
        page = ada.get("/accounts", params={"limit": 2} | ({"after": after} if after else {})).json()
        assert len(page["items"]) == size
        seen += [item["accountId"] for item in page["items"]]
        after = page["next"]
    assert after is None
    assert sorted(made) == seen


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", f"after={'a' * 65}", "after=%00"])
def test_pages_that_cannot_be(signed_up: SignedUp, query: str) -> None:
    answer = signed_up().get(f"/accounts?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_anonymous(client: TestClient, method: str) -> None:
    answer = client.request(method, f"{API}/accounts", json={"name": "a"} if method == "POST" else None)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_an_account_of_others_does_not_exist(signed_up: SignedUp) -> None:
    account_id, eve = signed_up("ada").account(), signed_up("eve")
    refused, unknown = eve.get(f"/accounts/{account_id}"), eve.get("/accounts/acc_nothing")
    assert refused.status_code == unknown.status_code == 404
    assert refused.json() == unknown.json()
    assert eve.get("/accounts").json() == {"items": [], "next": None}


@pytest.mark.parametrize("role", Role)
def test_every_role_reads_its_account(signed_up: SignedUp, role: Role) -> None:
    account_id = signed_up("ada").account()
    bob = signed_up("bob").joins(account_id, role)
    assert bob.get(f"/accounts/{account_id}").status_code == 200
    assert [(item["accountId"], item["role"]) for item in bob.get("/accounts").json()["items"]] == [(account_id, role)]

"""The audit trail of an account."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from controlplane import audit
from controlplane.auth import Principal, Role
from controlplane.core.database import transaction
from tests.controlplane.people import API, SignedUp


def act(account_id: str, actor: str, action: str, target: str = "thing_1") -> None:
    with transaction() as session:
        audit.record(session, Principal(actor, "", "tok_1", {}), action, target, account_id, {"n": 1})


def test_an_event_tells_who_did_what_when_from_where(signed_up: SignedUp) -> None:
    ada = signed_up()
    account_id = ada.account("payments")
    (event,) = ada.get(f"/accounts/{account_id}/audit-events").json()["items"]
    assert event["action"] == "account.create"
    assert (event["actor"], event["target"], event["address"]) == (ada.user_id, account_id, "testclient")
    assert event["credential"].startswith("tok_")
    assert event["requestId"].startswith("req_")
    assert event["details"] == {"name": "payments"}
    assert event["at"].endswith("Z")


def test_a_refused_change_leaves_no_event(signed_up: SignedUp) -> None:
    ada = signed_up()
    account_id = ada.account("payments")
    assert ada.post("/accounts", {"name": "payments"}).status_code == 409
    assert len(ada.get(f"/accounts/{account_id}/audit-events").json()["items"]) == 1


def test_newest_first_in_pages(signed_up: SignedUp) -> None:
    ada = signed_up()
    account_id = ada.account()
    for number in range(4):
        act(account_id, ada.user_id, "thing.do", f"thing_{number}")
    seen, after, pages = [], "", 0
    while after is not None:
        page = ada.get(f"/accounts/{account_id}/audit-events", params={"limit": 2, "after": after}).json()
        seen += [(item["auditEventId"], item["target"]) for item in page["items"]]
        after, pages = page["next"], pages + 1
    assert pages == 3
    assert [identifier for identifier, _ in seen] == sorted((i for i, _ in seen), reverse=True)
    assert {target for _, target in seen} == {account_id, *(f"thing_{number}" for number in range(4))}


@pytest.mark.parametrize(
    ("query", "targets"),
    [
        ({"action": "thing.do"}, {"a", "b"}),
        ({"actor": "usr_b"}, {"b"}),
        ({"action": "thing.do", "actor": "usr_a"}, {"a"}),
        ({"action": "thing"}, set()),
        ({"action": "%"}, set()),
        ({"actor": "' OR true --"}, set()),
    ],
)
def test_filters(signed_up: SignedUp, query: dict[str, str], targets: set[str]) -> None:
    ada = signed_up()
    account_id = ada.account()
    act(account_id, "usr_a", "thing.do", "a")
    act(account_id, "usr_b", "thing.do", "b")
    items = ada.get(f"/accounts/{account_id}/audit-events", params=query).json()["items"]
    assert {item["target"] for item in items} == targets


def test_events_stay_in_their_account(signed_up: SignedUp) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    adas, bobs = ada.account("one"), bob.account("two")
    act(bobs, bob.user_id, "thing.do")
    actions = [item["action"] for item in ada.get(f"/accounts/{adas}/audit-events").json()["items"]]
    assert actions == ["account.create"]


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("admin", 200), ("developer", 403), ("viewer", 403)])
def test_owners_and_admins_read_it(signed_up: SignedUp, role: str, status: int) -> None:
    account_id = signed_up("ada").account()
    bob = signed_up("bob").joins(account_id, Role(role))
    answer = bob.get(f"/accounts/{account_id}/audit-events")
    assert answer.status_code == status
    assert status == 200 or f"is {role}" in answer.json()["message"]


def test_strangers_do_not(signed_up: SignedUp, client: TestClient) -> None:
    account_id, eve = signed_up("ada").account(), signed_up("eve")
    assert eve.get(f"/accounts/{account_id}/audit-events").status_code == 404
    assert client.get(f"{API}/accounts/{account_id}/audit-events").status_code == 401

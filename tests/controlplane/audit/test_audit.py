"""The audit trail of an account."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane import audit
from controlplane.audit import adopting, files, keys, repository, tasks, verification, views
from controlplane.audit.models import AuditEvent
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


@pytest.mark.parametrize(
    ("query", "targets"),
    [
        ({"action": "thing.*"}, {"a", "b"}),
        ({"action": "thin.*"}, set()),
        ({"action": "th%.*"}, set()),
        ({"action": "*"}, set()),
        ({"target": "b"}, {"b"}),
        ({"since": "1h"}, {"a", "b", "c", "account"}),
        ({"until": "1h"}, set()),
        ({"text": "USR_B"}, {"b"}),
        ({"text": '"n": 1'}, {"a", "b", "c"}),
        ({"text": "%"}, set()),
        ({"text": "thing", "actor": "usr_a"}, {"a"}),
    ],
)
def test_search(signed_up: SignedUp, query: dict[str, str], targets: set[str]) -> None:
    ada = signed_up()
    account_id = ada.account()
    act(account_id, "usr_a", "thing.do", "a")
    act(account_id, "usr_b", "thing.undo", "b")
    act(account_id, "usr_c", "thingy.do", "c")
    items = ada.get(f"/accounts/{account_id}/audit-events", params=query).json()["items"]
    assert {item["target"].replace(account_id, "account") for item in items} == targets


def test_an_event_tells_the_program_printable_and_no_longer_than_it_may_be(signed_up: SignedUp) -> None:
    ada = signed_up()
    named = {"user-agent": "curl/8 \x07\x7f" + "x" * 400}
    made = ada.client.post(f"{API}/accounts", json={"name": "payments"}, headers=ada.headers | named)
    (event,) = ada.get(f"/accounts/{made.json()['accountId']}/audit-events").json()["items"]
    assert event["userAgent"].startswith("curl/8 ??")
    assert event["userAgent"].isascii()
    assert event["userAgent"].isprintable()
    assert len(event["userAgent"]) == 200


def test_an_export_verifies_offline(signed_up: SignedUp, configured: Callable[..., None]) -> None:
    configured(audit_checkpoint_minutes=0)
    ada = signed_up()
    account_id = ada.account()
    act(account_id, ada.user_id, "thing.do")
    tasks.sign_chains()
    answer = ada.get(f"/accounts/{account_id}/audit-events/export")
    assert answer.headers["content-type"] == "application/x-ndjson"
    verdict = files.verify(answer.text.splitlines())
    assert (verdict.account_id, verdict.rows, verdict.signed, verdict.finding) == (account_id, 2, 1, None)
    shown = ada.get(f"/accounts/{account_id}/audit-events/verification").json()
    assert (shown["intact"], shown["rows"], shown["total"], shown["finding"]) == (True, 2, 2, None)
    assert shown["checkpoint"]["sequence"] == 2
    pinned = [keys.read(key["publicKey"]) for key in shown["keys"]]
    assert files.verify(answer.text.splitlines(), pinned).signed == 1


def test_a_broken_chain_is_shown(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    account_id = ada.account()
    session.execute(text("UPDATE audit_event SET actor = 'usr_x' WHERE account_id = :id"), {"id": account_id})
    shown = ada.get(f"/accounts/{account_id}/audit-events/verification").json()
    assert (shown["intact"], shown["finding"]["problem"], shown["finding"]["sequence"]) == (False, "altered", 1)


def test_a_long_chain_shows_what_the_last_look_found(
    signed_up: SignedUp, session: Session, monkeypatch: pytest.MonkeyPatch, configured: Callable[..., None]
) -> None:
    configured(audit_verify_hours=0)
    ada = signed_up()
    account_id = ada.account()
    monkeypatch.setattr(views, "LOOKED_AT_NOW", 0)
    path = f"/accounts/{account_id}/audit-events/verification"
    assert ada.get(path).json()["verifiedAt"] is None
    session.execute(text("UPDATE audit_event SET actor = 'usr_x' WHERE account_id = :id"), {"id": account_id})
    for _ in repository.accounts(session):
        tasks.verify_chains()
    assert ada.get(path).json()["finding"]["problem"] == "altered"


def test_rows_of_a_version_without_chains_are_taken_in(session: Session) -> None:
    session.execute(
        text(
            "INSERT INTO audit_event (audit_event_id, account_id, actor, action, target, details, at) "
            "SELECT 'aud_' || n, CASE WHEN n % 2 = 0 THEN 'acc_a' END, 'usr_x', 'thing.do', n::text, '{}', now() "
            "FROM generate_series(1, 5) AS n"
        )
    )
    assert adopting.adopt() == 5
    assert adopting.adopt() == 0
    for account_id, rows in (("acc_a", 2), (None, 4)):
        verdict = verification.verify(session, account_id)
        assert (verdict.finding, verdict.rows) == (None, rows)
    targets = session.scalars(select(AuditEvent.target).where(AuditEvent.account_id == "acc_a").order_by("sequence"))
    assert list(targets) == ["2", "4"]

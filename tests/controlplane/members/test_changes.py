"""Roles change, people leave and are removed: who may, and what everybody hears of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.audit.models import AuditEvent
from controlplane.auth import Role
from controlplane.edge_log.models import EdgeChange
from tests.controlplane.mailbox import last_body, mails
from tests.controlplane.people import Person, SignedUp

# What the rules say, in words of their own: who may make whom what.
OWNERS_ONLY = "role_not_yours_to_give"


def path(account_id: str, person: Person) -> str:
    return f"/accounts/{account_id}/members/{person.user_id}"


def change(by: Person, account_id: str, person: Person, role: str) -> tuple[int, str]:
    answer = by.call("PATCH", path(account_id, person), json={"role": role})
    return answer.status_code, answer.json().get("code", answer.json().get("role"))


def last_event(session: Session) -> AuditEvent:
    return session.scalars(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).one()


def edge_value(session: Session, entry: str) -> object:
    query = select(EdgeChange).where(EdgeChange.table_name == "members", EdgeChange.entry == entry)
    return session.scalars(query.order_by(EdgeChange.sequence.desc()).limit(1)).one().value


@pytest.mark.parametrize("own", Role)
@pytest.mark.parametrize("before", Role)
@pytest.mark.parametrize("after", Role)
def test_who_makes_whom_what(signed_up: SignedUp, own: Role, before: Role, after: Role) -> None:
    account_id = signed_up("founder").account()
    actor = signed_up("actor").joins(account_id, own)
    target = signed_up("target").joins(account_id, before)
    if own in ("developer", "viewer"):
        wanted = (403, "permission_denied")
    elif own == "admin" and "owner" in (before, after):
        wanted = (403, OWNERS_ONLY)
    else:
        wanted = (200, after.value)
    assert change(actor, account_id, target, after) == wanted
    roles = {item["userId"]: item["role"] for item in actor.get(f"/accounts/{account_id}/members").json()["items"]}
    assert roles[target.user_id] == (after if wanted[0] == 200 else before)


@pytest.mark.parametrize("own", Role)
@pytest.mark.parametrize("whose", Role)
def test_who_removes_whom(signed_up: SignedUp, own: Role, whose: Role) -> None:
    account_id = signed_up("founder").account()
    actor = signed_up("actor").joins(account_id, own)
    target = signed_up("target").joins(account_id, whose)
    answer = actor.delete(path(account_id, target))
    allowed = own == "owner" or (own == "admin" and whose != "owner")
    assert answer.status_code == (204 if allowed else 403)
    assert target.get(f"/accounts/{account_id}").status_code == (404 if allowed else 200)


@pytest.mark.parametrize("role", Role)
def test_anybody_leaves(signed_up: SignedUp, session: Session, role: Role) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    account_id = ada.account()
    bob.joins(account_id, role)
    assert bob.delete(path(account_id, bob)).status_code == 204
    assert bob.get(f"/accounts/{account_id}").status_code == 404
    assert bob.get("/auth/me").json()["accounts"] == []
    event = last_event(session)
    assert (event.action, event.target, event.actor) == ("member.leave", bob.user_id, bob.user_id)
    assert mails(session, bob.email) == []


def test_nobody_raises_their_own_role(signed_up: SignedUp) -> None:
    account_id = signed_up("ada").account()
    for own in ("admin", "developer", "viewer"):
        person = signed_up(own).joins(account_id, Role(own))
        higher = list(Role)[: list(Role).index(Role(own))]
        assert {change(person, account_id, person, role)[0] for role in higher} == {403}


def test_an_owner_among_others_may_step_down(signed_up: SignedUp) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    account_id = ada.account()
    bob.joins(account_id, Role.OWNER)
    assert change(ada, account_id, ada, "viewer") == (200, "viewer")
    assert change(ada, account_id, ada, "owner") == (403, "permission_denied")


def test_the_last_owner_stays(signed_up: SignedUp) -> None:
    ada = signed_up("ada")
    account_id = ada.account()
    signed_up("bob").joins(account_id, Role.ADMIN)
    for answer in (
        ada.delete(path(account_id, ada)),
        ada.call("PATCH", path(account_id, ada), json={"role": "admin"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")
        assert "another member an owner first" in answer.json()["message"]
    assert change(ada, account_id, ada, "owner") == (200, "owner")


def test_a_change_reaches_edges_audit_and_mailbox(signed_up: SignedUp, session: Session) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    account_id = ada.account("payments")
    bob.joins(account_id, Role.DEVELOPER)
    assert change(ada, account_id, bob, "viewer") == (200, "viewer")
    assert edge_value(session, f"{bob.user_id}/{account_id}") == {"role": "viewer"}
    event = last_event(session)
    assert (event.action, event.target, event.account_id) == ("member.change_role", bob.user_id, account_id)
    assert event.details == {
        "email": bob.email,
        "before": {"role": "developer"},
        "after": {"role": "viewer"},
    }
    text = last_body(session, bob.email).text
    assert "ada@example.com changed your role in the account payments" in text
    assert "from developer to viewer" in text


def test_to_and_fro_does_not_fill_a_mailbox(signed_up: SignedUp, session: Session) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    account_id = ada.account()
    bob.joins(account_id, Role.DEVELOPER)
    for role in ["viewer", "developer"] * 6:
        assert change(ada, account_id, bob, role) == (200, role)
    assert len(mails(session, bob.email)) == 10
    assert ada.delete(path(account_id, bob)).status_code == 204
    assert "removed you" in last_body(session, bob.email).text


def test_the_same_role_again_is_no_change(signed_up: SignedUp, session: Session) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    account_id = ada.account()
    bob.joins(account_id, Role.VIEWER)
    before = last_event(session).number
    assert change(ada, account_id, bob, "viewer") == (200, "viewer")
    assert last_event(session).number == before
    assert mails(session, bob.email) == []


def test_removal_reaches_edges_audit_and_mailbox(signed_up: SignedUp, session: Session) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    account_id = ada.account("payments")
    bob.joins(account_id, Role.DEVELOPER)
    assert ada.delete(path(account_id, bob)).status_code == 204
    assert edge_value(session, f"{bob.user_id}/{account_id}") is None
    event = last_event(session)
    assert (event.action, event.actor, event.target) == ("member.remove", ada.user_id, bob.user_id)
    assert event.details == {"email": bob.email, "role": "developer"}
    assert "removed you from the account payments" in last_body(session, bob.email).html
    again = ada.delete(path(account_id, bob))
    assert (again.status_code, again.json()["code"]) == (404, "not_found")


def test_keys_of_the_removed_show_who_made_them(signed_up: SignedUp, node: object) -> None:
    assert node
    ada, bob = signed_up("ada"), signed_up("bob")
    account_id = ada.account()
    bob.joins(account_id, Role.DEVELOPER)
    environments = f"/accounts/{account_id}/environments"
    keys = f"{environments}/{bob.post(environments, {'name': 'dev'}).json()['environmentId']}/api-keys"
    made = bob.post(keys, {"description": "theirs", "role": "full"}).json()
    ada.delete(path(account_id, bob))
    shown = ada.get(keys).json()["items"]
    assert [(key["keyId"], key["createdBy"]) for key in shown] == [(made["keyId"], bob.user_id)]


def test_handing_over(signed_up: SignedUp, session: Session) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    account_id = ada.account("payments")
    bob.joins(account_id, Role.VIEWER)
    answer = ada.post(f"/accounts/{account_id}/transfer", {"userId": bob.user_id})
    assert (answer.status_code, answer.json()) == (200, {"accountId": account_id, "role": "admin"})
    assert ada.get(f"/accounts/{account_id}").json()["role"] == "admin"
    assert bob.get(f"/accounts/{account_id}").json()["role"] == "owner"
    assert edge_value(session, f"{ada.user_id}/{account_id}") == {"role": "admin"}
    assert edge_value(session, f"{bob.user_id}/{account_id}") == {"role": "owner"}
    assert last_event(session).action == "account.transfer"
    assert "from viewer to owner" in last_body(session, bob.email).text
    assert ada.post(f"/accounts/{account_id}/transfer", {"userId": ada.user_id}).status_code == 403


@pytest.mark.parametrize(
    ("heir", "refusal"),
    [("self", (409, "transfer_to_yourself")), ("stranger", (404, "not_found")), ("nobody", (404, "not_found"))],
)
def test_handing_over_to_nobody_of_the_account(signed_up: SignedUp, heir: str, refusal: tuple[int, str]) -> None:
    ada, eve = signed_up("ada"), signed_up("eve")
    account_id = ada.account()
    eve.account()
    ids = {"self": ada.user_id, "stranger": eve.user_id, "nobody": "usr_nobody"}
    answer = ada.post(f"/accounts/{account_id}/transfer", {"userId": ids[heir]})
    assert (answer.status_code, answer.json()["code"]) == refusal
    assert ada.get(f"/accounts/{account_id}").json()["role"] == "owner"


@pytest.mark.parametrize("role", [Role.ADMIN, Role.DEVELOPER, Role.VIEWER])
def test_only_owners_hand_over(signed_up: SignedUp, role: Role) -> None:
    account_id = signed_up("ada").account()
    bob = signed_up("bob").joins(account_id, role)
    assert bob.post(f"/accounts/{account_id}/transfer", {"userId": bob.user_id}).status_code == 403


def test_rights_in_one_account_are_none_in_another(signed_up: SignedUp, client: TestClient) -> None:
    """An owner of one account tries everything on the people of another, by every mixture of identifiers."""
    ada, bob, eve = signed_up("ada"), signed_up("bob"), signed_up("eve")
    account_id, own = ada.account(), eve.account()
    bob.joins(account_id, Role.DEVELOPER)
    for victim in (ada, bob):
        assert change(eve, account_id, victim, "viewer") == (404, "not_found")
        assert eve.delete(path(account_id, victim)).status_code == 404
        assert change(eve, own, victim, "viewer") == (404, "not_found")
        assert eve.delete(path(own, victim)).status_code == 404
    assert eve.delete(path(account_id, eve)).status_code == 404
    assert eve.post(f"/accounts/{account_id}/transfer", {"userId": eve.user_id}).status_code == 404
    assert len(ada.get(f"/accounts/{account_id}/members").json()["items"]) == 2


@pytest.mark.parametrize("body", [{}, {"role": "king"}, {"role": None}, {"role": "viewer", "userId": "x"}])
def test_bodies_of_the_wrong_shape(signed_up: SignedUp, body: object) -> None:
    ada = signed_up()
    account_id = ada.account()
    answer = ada.call("PATCH", path(account_id, ada), json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")

"""Renaming an account and demanding second factors of its members."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from controlplane.audit.models import AuditEvent
from controlplane.auth import Role
from controlplane.core.names import RULE
from controlplane.edge_log.models import EdgeChange
from controlplane.users.models import User
from tests.controlplane.people import Person, SignedUp


def enrol(session: Session, person: Person) -> None:
    """As setting up a factor leaves the user; how that goes is tested where it belongs."""
    user = session.get(User, person.user_id)
    assert user is not None
    user.second_factor_since = datetime(2026, 1, 1, tzinfo=UTC)
    session.commit()


def test_renaming(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    account_id = ada.account("payments")
    answer = ada.call("PATCH", f"/accounts/{account_id}", json={"name": "billing"})
    assert (answer.status_code, answer.json()["name"]) == (200, "billing")
    assert ada.get(f"/accounts/{account_id}").json() == answer.json()
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "account.rename")).one()
    assert (event.account_id, event.details) == (
        account_id,
        {
            "before": {"name": "payments"},
            "after": {"name": "billing"},
        },
    )
    assert ada.account("payments") != account_id


def test_the_own_name_again_is_no_change(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    account_id = ada.account("payments")
    assert ada.call("PATCH", f"/accounts/{account_id}", json={"name": "payments"}).status_code == 200
    assert session.scalars(select(AuditEvent).where(AuditEvent.action == "account.rename")).all() == []


def test_a_name_once_per_creator_whoever_renames(signed_up: SignedUp) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    ada.account("payments")
    account_id = ada.account("billing")
    bob.joins(account_id, Role.ADMIN)
    bob.account("other")
    own = ada.call("PATCH", f"/accounts/{account_id}", json={"name": "payments"})
    theirs = bob.call("PATCH", f"/accounts/{account_id}", json={"name": "payments"})
    assert [(answer.status_code, answer.json()["code"]) for answer in (own, theirs)] == [(409, "name_taken")] * 2
    assert own.json()["message"].startswith("You have created")
    assert theirs.json()["message"].startswith("Whoever created this account has")
    assert bob.call("PATCH", f"/accounts/{account_id}", json={"name": "other"}).status_code == 200


def test_the_rule_of_names_is_told_as_everywhere(signed_up: SignedUp) -> None:
    ada = signed_up()
    answer = ada.call("PATCH", f"/accounts/{ada.account()}", json={"name": "Über"})
    assert (answer.status_code, answer.json()["details"]) == (422, {"errors": [{"field": "name", "message": RULE}]})


@pytest.mark.parametrize("body", [{}, {"name": None}, {"createdBy": "x"}, {"requireSecondFactor": "yes please"}])
def test_bodies_of_the_wrong_shape(signed_up: SignedUp, body: object) -> None:
    ada = signed_up()
    answer = ada.call("PATCH", f"/accounts/{ada.account()}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("role", Role)
def test_owners_and_admins_change_an_account(signed_up: SignedUp, role: Role) -> None:
    account_id = signed_up("ada").account()
    bob = signed_up("bob").joins(account_id, role)
    answer = bob.call("PATCH", f"/accounts/{account_id}", json={"name": "renamed"})
    assert answer.status_code == (200 if role in ("owner", "admin") else 403)


def test_who_demands_a_second_factor_has_one(signed_up: SignedUp) -> None:
    ada = signed_up()
    account_id = ada.account()
    answer = ada.call("PATCH", f"/accounts/{account_id}", json={"requireSecondFactor": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "own_second_factor_missing")
    assert ada.get(f"/accounts/{account_id}").json()["requireSecondFactor"] is False


def test_demanding_one_suspends_those_without(signed_up: SignedUp, session: Session) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    account_id = ada.account()
    bob.joins(account_id, Role.OWNER)
    enrol(session, ada)
    path, key = f"/accounts/{account_id}", f"{bob.user_id}/{account_id}"

    def at_the_edge() -> object:
        query = select(EdgeChange).where(EdgeChange.entry == key).order_by(EdgeChange.sequence.desc()).limit(1)
        return session.scalars(query).one().value

    answer = ada.call("PATCH", path, json={"requireSecondFactor": True})
    assert (answer.status_code, answer.json()["requireSecondFactor"]) == (200, True)
    assert at_the_edge() is None
    refused = bob.call("PATCH", path, json={"requireSecondFactor": False})
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_enrolment_required")
    members = {item["userId"]: item["secondFactor"] for item in ada.get(f"{path}/members").json()["items"]}
    assert members == {ada.user_id: True, bob.user_id: False}
    assert ada.call("PATCH", path, json={"requireSecondFactor": False}).status_code == 200
    assert at_the_edge() == {"role": "owner"}
    assert bob.get(path).status_code == 200
    actions = session.scalars(select(AuditEvent.action).where(AuditEvent.account_id == account_id)).all()
    assert {"account.require_second_factor", "account.waive_second_factor"} <= set(actions)

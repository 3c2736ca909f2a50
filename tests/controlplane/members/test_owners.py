"""Owners are made and unmade by people who are there, not by a token that lies in a file, nor by an old sign-in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.auth import Role
from tests.controlplane.oauth.programs import admitted
from tests.controlplane.people import Person, SignedUp


@pytest.fixture
def ada(signed_up: SignedUp) -> Person:
    return signed_up("ada")


@pytest.fixture
def account(ada: Person, signed_up: SignedUp, session: Session) -> str:
    """With a second owner, a viewer, and a second factor that is demanded."""
    account_id = ada.account()
    signed_up("olga").joins(account_id, Role.OWNER)
    signed_up("vera").joins(account_id, Role.VIEWER)
    session.execute(text("UPDATE account SET require_second_factor = true"))
    session.execute(text('UPDATE "user" SET second_factor_since = now()'))
    session.expire_all()
    return f"/accounts/{account_id}"


def attempts(by: Person, account: str) -> dict[str, tuple[int, str]]:
    """Status and code of everything that makes, unmakes or weakens owners."""
    members = {
        one["email"]: f"{account}/members/{one['userId']}" for one in by.get(f"{account}/members").json()["items"]
    }
    olga, vera = members["olga@example.com"], members["vera@example.com"]
    answers = {
        "invite": by.post(f"{account}/invitations", {"email": "new@example.com", "role": "owner"}),
        "make": by.call("PATCH", vera, json={"role": "owner"}),
        "unmake": by.call("PATCH", olga, json={"role": "viewer"}),
        "remove": by.delete(olga),
        "transfer": by.post(f"{account}/transfer", {"userId": vera.rpartition("/")[2]}),
        "waive": by.call("PATCH", account, json={"requireSecondFactor": False}),
    }
    return {name: (answer.status_code, answer.json().get("code", "")) for name, answer in answers.items()}


def test_a_program_may_not(client: TestClient, ada: Person, account: str) -> None:
    refused = attempts(admitted(client, ada), account)
    assert set(refused.values()) == {(403, "person_required")}, refused


def test_nor_may_an_old_sign_in(ada: Person, account: str, later: Callable[[timedelta], None]) -> None:
    later(timedelta(minutes=16))
    refused = attempts(ada, account)
    assert set(refused.values()) == {(403, "recent_sign_in_required")}, refused


def test_everything_else_is_the_programs_too(client: TestClient, ada: Person, account: str) -> None:
    program = admitted(client, ada)
    made = program.post(f"{account}/invitations", {"email": "new@example.com", "role": "admin"})
    assert made.status_code == 201, made.text
    invited = ada.post(f"{account}/invitations", {"email": "other@example.com", "role": "owner"}).json()
    assert program.delete(f"{account}/invitations/{invited['invitationId']}").status_code == 204

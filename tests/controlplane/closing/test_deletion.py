"""Deleting an account: who may, what must be gone first, what is gone afterwards."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from controlplane.accounts.models import Account
from controlplane.audit.models import AuditEvent
from controlplane.auth import Role
from controlplane.edge_log.models import EdgeChange
from controlplane.environments.models import Environment
from controlplane.invitations.models import Invitation
from tests.controlplane.invitations.test_sending import GRACE, invite
from tests.controlplane.mailbox import last_body, token_for
from tests.controlplane.node import Node
from tests.controlplane.people import SignedUp


def test_an_empty_account(signed_up: SignedUp, session: Session) -> None:
    ada, bob, grace = signed_up("ada"), signed_up("bob"), signed_up("grace")
    account_id = ada.account("payments")
    bob.joins(account_id, Role.VIEWER)
    invite(ada, account_id)
    token = token_for(session, GRACE)
    assert ada.delete(f"/accounts/{account_id}").status_code == 204
    for person in (ada, bob):
        assert person.get(f"/accounts/{account_id}").status_code == 404
        assert person.get("/accounts").json()["items"] == []
        query = select(EdgeChange).where(EdgeChange.entry == f"{person.user_id}/{account_id}")
        assert session.scalars(query.order_by(EdgeChange.sequence.desc()).limit(1)).one().value is None
    assert session.scalars(select(Invitation)).all() == []
    assert grace.post("/invitations/accept", {"token": token}).status_code == 404
    assert "deleted the account payments" in last_body(session, bob.email).text
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "account.delete")).one()
    assert (event.account_id, event.actor) == (account_id, ada.user_id)
    assert event.details == {"name": "payments", "members": [ada.email, bob.email]}


def test_its_name_is_free_again(signed_up: SignedUp) -> None:
    ada = signed_up()
    first = ada.account("payments")
    assert ada.delete(f"/accounts/{first}").status_code == 204
    assert ada.account("payments") != first
    assert ada.delete(f"/accounts/{first}").status_code == 404


def test_environments_come_first(signed_up: SignedUp, node: Node) -> None:
    ada = signed_up()
    account_id = ada.account()
    environments = f"/accounts/{account_id}/environments"
    path = f"{environments}/{ada.post(environments, {'name': 'dev'}).json()['environmentId']}"
    for _ in ("running", "deleted, data kept"):
        answer = ada.delete(f"/accounts/{account_id}")
        assert (answer.status_code, answer.json()["code"]) == (409, "environments_left")
        assert "still has 1 environment," in answer.json()["message"]
        assert answer.json()["details"] == {"environments": 1}
        ada.delete(path)
    ada.delete(f"{path}?purge=true")
    assert ada.delete(f"/accounts/{account_id}").json()["code"] == "environments_left"
    node.does_what_it_should()
    assert ada.delete(f"/accounts/{account_id}").status_code == 204


@pytest.mark.parametrize("role", [Role.ADMIN, Role.DEVELOPER, Role.VIEWER])
def test_only_owners_delete(signed_up: SignedUp, role: Role) -> None:
    account_id = signed_up("ada").account()
    bob = signed_up("bob").joins(account_id, role)
    answer = bob.delete(f"/accounts/{account_id}")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_a_sign_in_of_long_ago_does_not_do(signed_up: SignedUp, later: Callable[[timedelta], None]) -> None:
    ada = signed_up()
    account_id = ada.account()
    later(timedelta(minutes=16))
    answer = ada.delete(f"/accounts/{account_id}")
    assert (answer.status_code, answer.json()["code"]) == (403, "recent_sign_in_required")
    assert ada.logs_in().delete(f"/accounts/{account_id}").status_code == 204


@pytest.mark.parametrize("other", ["environment", "member"])
def test_nothing_is_added_while_it_goes(
    committed: sessionmaker[Session], signed_up: SignedUp, node: Node, other: str
) -> None:
    assert node
    ada, grace = signed_up("ada"), signed_up("grace")
    for number in range(5):
        account_id = ada.account(f"a{number}")
        made = invite(ada, account_id)["invitationId"] if number < 5 and other == "member" else ""
        with ThreadPoolExecutor(2) as pool:
            gone = pool.submit(ada.delete, f"/accounts/{account_id}")
            if other == "environment":
                added = ada.post(f"/accounts/{account_id}/environments", {"name": "dev"})
            else:
                added = grace.post("/invitations/accept", {"invitationId": made})
        deleted = gone.result().status_code == 204
        with committed() as session:
            account = session.get(Account, account_id)
            assert account is not None
            assert (account.deleted_at is not None) == deleted
            left = session.scalar(select(func.count()).where(Environment.account_id == account_id))
        if other == "environment":
            assert (added.status_code, left) == ((404, 0) if deleted else (202, 1))
        elif deleted:
            assert grace.get(f"/accounts/{account_id}").status_code == 404

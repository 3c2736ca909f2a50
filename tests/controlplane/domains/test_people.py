"""What a verified domain gives the people who have an address there, and what it cannot give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from controlplane.auth import Role
from controlplane.domains import service
from controlplane.users.models import User
from tests.controlplane.people import Person, SignedUp
from tests.controlplane.sso.conftest import connected, verified_domain


@pytest.fixture
def owner(signed_up: SignedUp) -> Person:
    return signed_up("owner")


def change(owner: Person, account_id: str, **body: Any) -> tuple[int, str]:
    answer = owner.call("PATCH", f"/accounts/{account_id}/domains/example.com", json=body)
    return answer.status_code, answer.json().get("code", "")


@pytest.fixture
def account_id(owner: Person) -> str:
    account_id = owner.account("corp")
    verified_domain(account_id, "example.com")
    return account_id


def test_an_account_that_suggests_itself_is_shown_and_joined(
    owner: Person, account_id: str, signed_up: SignedUp
) -> None:
    ada = signed_up("ada")
    assert ada.get("/joinable-accounts").json()["items"] == []
    assert ada.post(f"/accounts/{account_id}/join").status_code == 404
    assert change(owner, account_id, joinMode="suggest", joinRole="viewer") == (200, "")
    expected = {"accountId": account_id, "name": "corp", "domain": "example.com", "role": "viewer"}
    assert ada.get("/joinable-accounts").json()["items"] == [expected]
    answer = ada.post(f"/accounts/{account_id}/join")
    assert answer.json() == {"accountId": account_id, "role": "viewer"}
    assert ada.get(f"/accounts/{account_id}").status_code == 200
    assert ada.get("/joinable-accounts").json()["items"] == []
    assert ada.post(f"/accounts/{account_id}/join").status_code == 404


def test_new_people_are_members_at_once_where_the_account_wants_it(
    owner: Person, account_id: str, signed_up: SignedUp, session: Session
) -> None:
    assert change(owner, account_id, joinMode="auto") == (200, "")
    ada = signed_up("ada")
    user = session.get(User, ada.user_id)
    assert user is not None
    if not ada.get("/auth/me").json()["accounts"]:
        service.on_verified(session, user)
        session.commit()
    assert [one["role"] for one in ada.get("/auth/me").json()["accounts"]] == ["developer"]


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_nobody_becomes_an_administrator_by_an_address(owner: Person, account_id: str, role: str) -> None:
    assert change(owner, account_id, joinMode="auto", joinRole=role) == (422, "invalid_request")


@pytest.mark.parametrize("reached", [{"loopback_mode": "false"}, {"public_url": "https://cloud.example.com"}])
def test_addresses_that_nobody_has_proven_open_no_door(
    owner: Person, account_id: str, signed_up: SignedUp, session: Session, configured: Callable[..., None],
    reached: dict[str, str],
) -> None:  # fmt: skip
    """A plane on the network without a mail server takes every address on trust."""
    change(owner, account_id, joinMode="auto")
    configured(**reached)
    ada = signed_up("ada")
    assert ada.get("/auth/me").json()["accounts"] == []
    assert ada.get("/joinable-accounts").json()["items"] == []
    assert ada.post(f"/accounts/{account_id}/join").status_code == 404
    user = session.get(User, ada.user_id)
    assert user is not None
    service.on_verified(session, user, by_provider=True)
    session.commit()
    assert [one["name"] for one in ada.get("/auth/me").json()["accounts"]] == ["corp"]


def test_an_address_that_is_not_verified_gives_nothing(
    owner: Person, account_id: str, signed_up: SignedUp, session: Session
) -> None:
    change(owner, account_id, joinMode="suggest")
    ada = signed_up("ada")
    session.execute(text('UPDATE "user" SET verified_at = NULL WHERE user_id = :id'), {"id": ada.user_id})
    assert ada.get("/joinable-accounts").json()["items"] == []
    assert ada.post(f"/accounts/{account_id}/join").status_code == 404


@pytest.mark.parametrize("email", ["ada@sub.example.com", "ada@example.com.evil.example", "ada@xample.com"])
def test_only_addresses_of_the_very_domain(
    owner: Person, account_id: str, signed_up: SignedUp, session: Session, email: str
) -> None:
    change(owner, account_id, joinMode="suggest")
    ada = signed_up("ada")
    session.execute(text('UPDATE "user" SET email = :email WHERE user_id = :id'), {"email": email, "id": ada.user_id})
    session.expire_all()
    assert ada.get("/joinable-accounts").json()["items"] == []


def test_whom_an_administrator_removed_comes_back_by_invitation_only(
    owner: Person, account_id: str, signed_up: SignedUp
) -> None:
    change(owner, account_id, joinMode="suggest")
    ada = signed_up("ada").joins(account_id, Role.DEVELOPER)
    assert owner.delete(f"/accounts/{account_id}/members/{ada.user_id}").status_code == 204
    assert ada.get("/joinable-accounts").json()["items"] == []
    assert ada.post(f"/accounts/{account_id}/join").status_code == 404


def test_a_claim_that_is_not_verified_changes_nothing(owner: Person) -> None:
    account_id = owner.account("corp")
    owner.post(f"/accounts/{account_id}/domains", {"domain": "example.com"})
    assert change(owner, account_id, joinMode="auto") == (409, "domain_not_verified")


def test_single_sign_on_is_required_through_a_connection_of_ones_own_or_of_the_plane(
    owner: Person, account_id: str, signed_up: SignedUp, session: Session
) -> None:
    assert change(owner, account_id, ssoRequired=True) == (409, "sso_connection_required")
    plane = connected("https://github.com", "github", kind="github")
    # Nothing is asked of it; an address by number needs no name server.
    theirs = connected("https://93.184.216.34", account_id=owner.account("other"), kind="github")
    assert change(owner, account_id, ssoConnectionId="ssc_nothing") == (409, "connection_not_usable")
    assert change(owner, account_id, ssoConnectionId=theirs.connection_id) == (409, "connection_not_usable")
    assert change(owner, account_id, ssoConnectionId=plane.connection_id, ssoRequired=True) == (200, "")
    refused = service.password_login_refused(session, "Anybody@EXAMPLE.com")
    assert refused is not None
    assert refused.details == {
        "provider": "github", "startUrl": "http://127.0.0.1:8000/api/v1/auth/sso/github",
    }  # fmt: skip
    assert change(owner, account_id, ssoConnectionId=None) == (409, "sso_connection_required")
    assert change(owner, account_id, ssoConnectionId=None, ssoRequired=False) == (200, "")
    assert service.password_login_refused(session, "anybody@example.com") is None

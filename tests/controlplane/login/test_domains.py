"""Addresses of a domain that an account has claimed: who joins by confirming one, and where passwords end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.auth import Role
from controlplane.domains.models import Domain
from controlplane.users.models import User
from tests.controlplane.login.mailed import token
from tests.controlplane.people import API, PASSWORD, Person, SignedUp
from tests.controlplane.sso.conftest import connected, verified_domain

NEW = "quite another horse"


@pytest.fixture
def account_id(signed_up: SignedUp) -> str:
    account_id = signed_up("owner").account("corp")
    connection = connected(None, kind="github", name="GitHub", provider="github", client_secret="s")
    verified_domain(account_id, "example.com", sso_connection_id=connection.connection_id)
    return account_id


def demand(session: Session, **values: object) -> None:
    session.execute(update(Domain).values(**values))
    session.expire_all()


def reset_link(client: TestClient, session: Session, email: str) -> dict[str, str]:
    assert client.post(f"{API}/auth/password/forgot", json={"email": email}).status_code == 202
    return {"token": token(session, email, "password_reset"), "password": NEW}


@pytest.mark.parametrize("mailing", [False, True])
def test_confirming_an_address_joins_the_account_that_takes_everybody(
    account_id: str, client: TestClient, session: Session, configured: Callable[..., None], mailing: bool
) -> None:
    demand(session, join_mode="auto")
    if mailing:
        configured(smtp_url="smtp://127.0.0.1:1", mail_from="cloud@example.com")
    body = {"email": "new@example.com", "password": PASSWORD}
    answer = client.post(f"{API}/auth/signup", json=body)
    if mailing:
        secret = token(session, "new@example.com", "verify_email")
        answer = client.post(f"{API}/auth/verify-email", json={"token": secret})
    headers = {"authorization": f"Bearer {answer.json()['accessToken']}"}
    accounts = client.get(f"{API}/auth/me", headers=headers).json()["accounts"]
    assert [(one["accountId"], one["role"]) for one in accounts] == [(account_id, "developer")]


def test_no_password_where_single_sign_on_is_demanded(
    account_id: str, signed_up: SignedUp, session: Session, client: TestClient
) -> None:
    ada = signed_up("ada")
    link = reset_link(client, session, ada.email)
    demand(session, sso_required=True)
    refusals = [
        client.post(f"{API}/auth/password/reset", json=link),
        ada.post("/auth/password/change", {"currentPassword": PASSWORD, "password": NEW}),
        client.post(f"{API}/auth/signup", json={"email": "new@example.com", "password": PASSWORD}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refusals] == [(403, "sso_required")] * 3
    assert refusals[0].json()["details"]["provider"] == "github"
    # Nothing was used up or changed by that.
    demand(session, sso_required=False)
    assert client.post(f"{API}/auth/password/reset", json=link).status_code == 204


def test_an_owner_who_may_break_the_glass_may_have_a_password_for_it(
    account_id: str, signed_up: SignedUp, session: Session, client: TestClient
) -> None:
    ada: Person = signed_up("ada").joins(account_id, Role.OWNER)
    link = reset_link(client, session, ada.email)
    demand(session, sso_required=True)
    assert client.post(f"{API}/auth/password/reset", json=link).status_code == 403
    user = session.scalars(select(User).where(User.email == ada.email)).one()
    user.second_factor_since = user.created_at
    session.flush()
    assert client.post(f"{API}/auth/password/reset", json=link).status_code == 204


def test_a_link_to_confirm_an_address_is_no_way_around(
    account_id: str, client: TestClient, session: Session, configured: Callable[..., None]
) -> None:
    configured(smtp_url="smtp://127.0.0.1:1", mail_from="cloud@example.com")
    body = {"email": "new@example.com", "password": PASSWORD}
    assert client.post(f"{API}/auth/signup", json=body).status_code == 202
    demand(session, sso_required=True)
    secret = token(session, "new@example.com", "verify_email")
    answer = client.post(f"{API}/auth/verify-email", json={"token": secret})
    assert (answer.status_code, answer.json()["code"]) == (403, "sso_required")
    assert "set-cookie" not in answer.headers

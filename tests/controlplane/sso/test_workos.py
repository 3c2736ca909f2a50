"""WorkOS, by its stand-in: signing in, and its access tokens as credentials of this plane."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.core import clock, tokens
from controlplane.edge_log.models import EdgeChange
from tests.controlplane.people import API, SignedUp
from tests.controlplane.sso.conftest import Browser, connected, landed, verified_domain
from tests.support.identity_provider_rogue import Rogue, by_hand, with_rsa, with_secret
from tests.support.identity_provider_thread import In, claims_of
from tests.support.workos_double import API_KEY, CLIENT_ID, WorkOs


@pytest.fixture(autouse=True)
def _connected(workos: WorkOs, session: Session) -> None:
    more = {"client_id": CLIENT_ID, "client_secret": API_KEY, "api_base_url": workos.url}
    connected(None, "workos", kind="workos", **more)
    workos.requests.clear()


def me(client: TestClient, token: str) -> tuple[int, dict[str, Any]]:
    answer = client.get(f"{API}/auth/me", headers={"authorization": f"Bearer {token}"})
    return answer.status_code, answer.json()


def test_a_person_comes_in_by_browser(browser: Callable[[], Browser]) -> None:
    here = browser()
    back = httpx2.get(here.start("workos"), follow_redirects=False).headers["location"]
    assert landed(here.follow(back)) == "/"
    assert (here.me() or {})["email"] == "ada@corp.example"


def test_a_token_is_a_credential_here_and_at_the_edges(client: TestClient, workos: WorkOs, session: Session) -> None:
    token = workos.access_token()
    status, body = me(client, token)
    assert (status, body["user"]["email"]) == (200, "ada@corp.example")
    change = session.scalars(select(EdgeChange).where(EdgeChange.entry == tokens.digest(token))).one()
    assert change.value is not None
    assert change.value["userId"] == body["user"]["userId"]
    assert workos.requests == [f"/sso/jwks/{CLIENT_ID}", "/user_management/users/user_01ADA"]
    me(client, token)
    me(client, workos.access_token())
    assert len(workos.requests) == 2


def test_it_is_a_programs_and_ends_with_its_session(client: TestClient, workos: WorkOs) -> None:
    token = workos.access_token()
    me(client, token)
    headers = {"authorization": f"Bearer {token}"}
    answer = client.post(f"{API}/auth/password/change", json={"password": "another horse battery"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "person_required")
    assert client.post(f"{API}/auth/logout", headers=headers).status_code == 204
    assert me(client, token)[0] == 401
    assert me(client, workos.access_token())[0] == 401
    assert me(client, workos.access_token(sid="session_02"))[0] == 200


def test_it_ends_when_it_says(client: TestClient, workos: WorkOs, later: Callable[[timedelta], None]) -> None:
    token = workos.access_token()
    assert me(client, token)[0] == 200
    later(timedelta(minutes=7))
    assert me(client, token)[0] == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://api.workos.com"},
        {"iss": f"https://api.workos.com/user_management/{CLIENT_ID}/"},
        {"iss": None},
        {"client_id": "client_of_another"},
        {"exp": In(-120)},
        {"exp": In(3 * 86400)},
        {"exp": None},
        {"exp": float("nan")},
        {"iat": In(600)},
        {"iat": None},
        {"sub": None},
        {"sub": "user_of_nobody"},
        {"sub": "../organizations"},
        {"email": "ada@corp.example"},
        {"email": "ada@corp.example", "email_verified": False},
    ],
    ids=str,
)
def test_tokens_that_are_not_for_us_now(client: TestClient, workos: WorkOs, changes: dict[str, Any]) -> None:
    status, body = me(client, workos.access_token(**changes))
    assert (status, body["code"]) == (401, "invalid_token")


def test_tokens_that_workos_did_not_sign(client: TestClient, workos: WorkOs) -> None:
    header = {"kid": workos.key.kid}
    claims = {"iss": f"https://api.workos.com/user_management/{CLIENT_ID}", "sub": "user_01ADA"}
    claims |= claims_of({"iat": In(0), "exp": In(300)}, {"client_id": CLIENT_ID})
    public = workos.key.as_pem(private=False)
    forgeries = (with_rsa(RSAKey.generate_key(2048)), with_secret(public), by_hand("none", lambda _: b""))
    for forge in forgeries:
        assert me(client, forge(header, claims))[0] == 401
    assert me(client, with_rsa(workos.key)(header, claims))[0] == 200


def test_a_flood_of_bad_tokens_costs_workos_nothing(client: TestClient, workos: WorkOs) -> None:
    stranger = RSAKey.generate_key(2048, {"kid": "invented"})
    for number in range(10):
        assert me(client, workos.access_token(stranger, sub=f"user_{number}"))[0] == 401
        assert me(client, f"a.b{number}.c")[0] == 401
    assert workos.requests == [f"/sso/jwks/{CLIENT_ID}"]


def test_an_unverified_address_makes_and_links_nobody(client: TestClient, workos: WorkOs, signed_up: SignedUp) -> None:
    signed_up("ada")
    workos.users["user_01ADA"] |= {"email": "ada@example.com", "email_verified": False}
    assert me(client, workos.access_token())[0] == 401


def test_a_verified_address_links_to_its_user(client: TestClient, workos: WorkOs, signed_up: SignedUp) -> None:
    ada = signed_up("ada")
    workos.users["user_01ADA"] |= {"email": "ada@example.com"}
    assert me(client, workos.access_token())[1]["user"]["userId"] == ada.user_id


def test_an_address_in_the_token_needs_no_question(client: TestClient, workos: WorkOs) -> None:
    token = workos.access_token(email="ada@corp.example", email_verified=True, given_name="Ada")
    assert me(client, token)[1]["user"]["name"] == "Ada"
    assert workos.requests == [f"/sso/jwks/{CLIENT_ID}"]


def test_it_does_not_stand_in_for_a_second_factor(client: TestClient, workos: WorkOs, session: Session) -> None:
    assert me(client, workos.access_token())[0] == 200
    session.execute(text('UPDATE "user" SET second_factor_since = :now'), {"now": clock.now()})
    status, body = me(client, workos.access_token(sid="session_02"))
    assert status == 401
    assert "second factor" in body["message"]


def test_without_the_connection_it_is_nothing(client: TestClient, workos: WorkOs, session: Session) -> None:
    session.execute(text("UPDATE sso_connection SET enabled = false"))
    assert me(client, workos.access_token())[0] == 401
    assert workos.requests == []


def test_it_is_no_way_around_the_provider_a_domain_requires(
    client: TestClient, workos: WorkOs, signed_up: SignedUp, rogue: Rogue, loopback_allowed: None
) -> None:
    assert me(client, workos.access_token())[0] == 200
    account_id = signed_up("owner").account("corp")
    required = connected(rogue.issuer, account_id=account_id)
    verified_domain(account_id, sso_required=True, sso_connection_id=required.connection_id)
    assert me(client, workos.access_token(sid="session_02"))[0] == 401

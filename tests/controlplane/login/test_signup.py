"""Signing up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from controlplane.audit.models import AuditEvent
from controlplane.core import tokens
from controlplane.edge_log.models import EdgeChange
from controlplane.login.models import AccessToken, LoginSession
from controlplane.users.models import User
from tests.controlplane.people import API, PASSWORD, SignedUp

URL = f"{API}/auth/signup"


def test_the_answer(client: TestClient) -> None:
    answer = client.post(URL, json={"email": "Ada.L@Example.COM", "password": PASSWORD, "name": " Ada  "})
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"user", "accessToken", "expiresAt"}
    assert body["user"]["email"] == "ada.l@example.com"
    assert body["user"]["name"] == "Ada"
    assert body["user"]["userId"].startswith("usr_")
    assert PASSWORD not in answer.text


def test_the_access_token_suits_the_stock_cli(client: TestClient) -> None:
    body = client.post(URL, json={"email": "ada@example.com", "password": PASSWORD}).json()
    claims = jwt.decode(body["accessToken"], options={"verify_signature": False})
    assert isinstance(claims["exp"], int)
    assert claims["sub"] == body["user"]["userId"]
    assert "=" not in body["accessToken"]


def test_only_digests_are_kept(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    user = session.scalars(select(User)).one()
    assert user.password_hash is not None
    assert user.password_hash.startswith("$argon2id$")
    assert session.scalars(select(AccessToken.digest)).one() == tokens.digest(ada.token)
    assert session.scalars(select(LoginSession.digest)).one() == tokens.digest(ada.cookie)


def test_the_edges_and_the_audit_trail_know(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    change = session.scalars(select(EdgeChange)).one()
    expires_at = session.scalars(select(AccessToken.expires_at)).one()
    assert (change.table_name, change.entry) == ("principals", tokens.digest(ada.token))
    assert change.value == {
        "kind": "user", "userId": ada.user_id, "expiresAt": f"{expires_at:%Y-%m-%dT%H:%M:%S}.000Z",
    }  # fmt: skip
    event = session.scalars(select(AuditEvent)).one()
    assert (event.action, event.actor, event.target) == ("auth.signup", ada.user_id, ada.user_id)
    assert (event.account_id, event.address) == (None, "testclient")


@pytest.mark.parametrize("path", ["/auth/me", "/accounts"])
def test_a_new_user_is_signed_in_and_has_nothing(signed_up: SignedUp, path: str) -> None:
    ada = signed_up()
    assert ada.get("/auth/me").json()["accounts"] == []
    assert ada.get("/accounts").json() == {"items": [], "next": None}


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@example.com", " ada@EXAMPLE.com"])
def test_an_address_once_in_any_spelling(signed_up: SignedUp, client: TestClient, email: str) -> None:
    signed_up()
    answer = client.post(URL, json={"email": email.strip(), "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    assert "set-cookie" not in answer.headers


def test_ten_at_once_make_one_user(committed: sessionmaker[Session], client: TestClient) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD}
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: client.post(URL, json=body), range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    with committed() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 1


@pytest.mark.parametrize(
    "email",
    ["", "ada", "ada@", "@example.com", "ada@example", "a b@example.com", "ada@exa mple.com", "ada@example.com\n",
     "ada@example.com\u0000", "a" * 250 + "@example.com", "Ada <ada@example.com>", "ada@[127.0.0.1]", "ada@-x.com"],
)  # fmt: skip
def test_what_is_not_an_address(client: TestClient, email: str) -> None:
    answer = client.post(URL, json={"email": email, "password": PASSWORD})
    assert answer.status_code == 422
    assert "email" in [error["field"] for error in answer.json()["details"]["errors"]]


@pytest.mark.parametrize(
    "email", ["ada@corp.internal", "ada@corp.local", "ada@x.test", "ada+tag@example.com", "ä@ö.de"]
)
def test_addresses_of_private_domains_too(client: TestClient, email: str) -> None:
    answer = client.post(URL, json={"email": email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["user"]["email"]) == (201, email)


@pytest.mark.parametrize(
    "password", ["", "short-one", "x" * 257, "x" * 2000, "aaaaaaaaaaaaaaa", "ada@example.com", "Ada@Example.com1"]
)
def test_passwords_that_are_refused(client: TestClient, session: Session, password: str) -> None:
    answer = client.post(URL, json={"email": "ada@example.com", "password": password})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["details"]["errors"]] == ["password"]
    assert not password or password not in answer.json()["message"]
    assert session.scalars(select(User)).all() == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\u0000b", "a\nb", "\u202eevil"])
def test_names_of_people_that_are_refused(client: TestClient, name: str) -> None:
    answer = client.post(URL, json={"email": "ada@example.com", "password": PASSWORD, "name": name})
    assert [error["field"] for error in answer.json()["details"]["errors"]] == ["name"]


def test_a_field_too_many(client: TestClient) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD, "role": "owner"}
    assert client.post(URL, json=body).json()["details"]["errors"][0]["field"] == "role"

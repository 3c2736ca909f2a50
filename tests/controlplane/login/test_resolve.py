"""Credentials: bearer tokens, the session cookie, and what neither may do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.core.database import engine
from controlplane.login import cookies
from controlplane.settings import Settings, settings
from tests.controlplane.people import API, PASSWORD, Person, SignedUp

ME = f"{API}/auth/me"


def with_cookie(person: Person, **headers: str) -> dict[str, str]:
    return {"cookie": f"rc_session={person.cookie}", **{k.replace("_", "-"): v for k, v in headers.items()}}


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer x", "Bearer a.b.c", "bearer", "Bearer \u00e4"]
)
def test_a_bad_bearer_is_refused_and_never_falls_back(
    signed_up: SignedUp, client: TestClient, authorization: str
) -> None:
    ada = signed_up()
    headers = [(b"authorization", authorization.encode()), (b"cookie", f"rc_session={ada.cookie}".encode())]
    answer = client.get(ME, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_the_scheme_in_any_case(signed_up: SignedUp, client: TestClient) -> None:
    assert client.get(ME, headers={"authorization": f"bEARER {signed_up().token}"}).status_code == 200


def test_an_api_key_is_told_where_it_belongs(client: TestClient) -> None:
    answer = client.get(ME, headers={"authorization": "Bearer key_0123.secret"})
    assert answer.status_code == 401
    assert "environment's own URLs" in answer.json()["message"]


def test_a_token_signed_by_someone_else(signed_up: SignedUp, client: TestClient) -> None:
    head, body, signature = signed_up().token.split(".")
    forged = f"{head}.{body}.{signature[::-1]}"
    assert client.get(ME, headers={"authorization": f"Bearer {forged}"}).status_code == 401


def test_a_token_ends_with_its_time(signed_up: SignedUp, later: Callable[[timedelta], None]) -> None:
    ada = signed_up()
    later(timedelta(hours=settings().access_token_hours, seconds=-5))
    assert ada.get("/auth/me").status_code == 200
    later(timedelta(hours=settings().access_token_hours, seconds=1))
    assert ada.get("/auth/me").status_code == 401


def test_the_cookie_signs_in(signed_up: SignedUp, client: TestClient) -> None:
    ada = signed_up()
    assert client.get(ME, headers=with_cookie(ada)).json()["user"]["userId"] == ada.user_id


@pytest.mark.parametrize("cookie", ["", "x", "ses_x.y"])
def test_a_cookie_that_is_none_is_anonymous(client: TestClient, cookie: str) -> None:
    answer = client.get(ME, headers={"cookie": f"rc_session={cookie}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_the_cookie_s_flags(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def flags(email: str) -> set[str]:
        answer = client.post(f"{API}/auth/signup", json={"email": email, "password": PASSWORD})
        client.cookies.clear()
        name, *rest = answer.headers["set-cookie"].split("; ")
        assert name.startswith("rc_session=ses_")
        return set(rest)

    common = {"HttpOnly", "Path=/", "SameSite=lax", f"Max-Age={settings().session_absolute_days * 86400}"}
    assert flags("ada@example.com") == common
    tls = Settings(**{**settings().model_dump(), "public_url": "https://cloud.example.com"})
    monkeypatch.setattr(cookies, "settings", lambda: tls)
    assert flags("bob@example.com") == common | {"Secure"}


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, False),
        ({"sec_fetch_site": "same-origin"}, True),
        ({"sec_fetch_site": "none"}, True),
        ({"sec_fetch_site": "same-site"}, False),
        ({"sec_fetch_site": "cross-site"}, False),
        ({"sec_fetch_site": "cross-site", "origin": "http://127.0.0.1:8000"}, False),
        ({"origin": "http://127.0.0.1:8000"}, True),
        ({"origin": "http://127.0.0.1:8001"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "http://127.0.0.1:8000.evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://[::1"}, False),
        ({"origin": "http://me@127.0.0.1:8000"}, False),
        ({"referer": "http://127.0.0.1:8000/"}, False),
    ],
)
def test_a_change_with_the_cookie_needs_our_own_page(
    signed_up: SignedUp, client: TestClient, headers: dict[str, str], allowed: bool
) -> None:
    ada = signed_up()
    answer = client.post(f"{API}/accounts", json={"name": "demo"}, headers=with_cookie(ada, **headers))
    assert answer.status_code == (201 if allowed else 403)
    assert allowed or answer.json()["code"] == "csrf_refused"
    assert len(ada.get("/accounts").json()["items"]) == (1 if allowed else 0)


@pytest.mark.parametrize("host", ["evil.example:8000", "127.0.0.1.evil.example", "[", "10.0.0.1"])
def test_a_name_that_was_led_to_this_machine_is_not_its_own(client: TestClient, host: str) -> None:
    """DNS rebinding: to its browser the page is of our origin, and nobody could tell it from ours by that."""
    body = {"email": "eve@example.com", "password": PASSWORD}
    headers = {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"}
    answer = client.post(f"{API}/auth/signup", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_refused")
    headers = {"host": "localhost:8000", "origin": "http://localhost:8000", "sec-fetch-site": "same-origin"}
    assert client.post(f"{API}/auth/signup", json=body, headers=headers).status_code == 201


def test_reading_with_the_cookie_needs_no_proof(signed_up: SignedUp, client: TestClient) -> None:
    assert client.get(ME, headers=with_cookie(signed_up(), sec_fetch_site="cross-site")).status_code == 200


def test_a_bearer_needs_no_proof(signed_up: SignedUp) -> None:
    answer = signed_up().post("/accounts", {"name": "demo"}, headers={"origin": "http://evil.example"})
    assert answer.status_code == 201


def test_an_idle_session_ends(signed_up: SignedUp, client: TestClient, later: Callable[[timedelta], None]) -> None:
    ada = signed_up()
    later(timedelta(hours=settings().session_idle_hours, minutes=1))
    assert client.get(ME, headers=with_cookie(ada)).status_code == 401


def test_use_keeps_a_session_up_to_its_absolute_end(
    signed_up: SignedUp, client: TestClient, later: Callable[[timedelta], None]
) -> None:
    ada = signed_up()
    for day in range(settings().session_absolute_days):
        later(timedelta(days=day))
        assert client.get(ME, headers=with_cookie(ada)).status_code == 200
    later(timedelta(days=settings().session_absolute_days, minutes=1))
    assert client.get(ME, headers=with_cookie(ada)).status_code == 401


def test_two_queries_are_enough(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    ada.account()
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(engine(), "before_cursor_execute", note)
    ada.get("/operations/op_nothing")
    event.remove(engine(), "before_cursor_execute", note)
    queries = [statement for statement in statements if statement.startswith("SELECT")]
    assert len(queries) <= 3
    assert not any(statement.startswith(("UPDATE", "INSERT")) for statement in statements)

"""Where one is signed in, how that ends, and that nobody plants a session in somebody's browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import httpx2
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.auth import Principal
from controlplane.core import tokens
from controlplane.core.database import transaction
from controlplane.edge_log.models import EdgeChange
from controlplane.login import sessions, tasks
from controlplane.login.models import LoginSession
from controlplane.settings import settings
from tests.controlplane.people import API, PASSWORD, Person, SignedUp

Later = Callable[[timedelta], None]
Items = list[dict[str, object]]


def listed(person: Person) -> Items:
    answer = person.get("/auth/sessions")
    assert answer.status_code == 200
    items: Items = answer.json()["items"]
    return items


def admit(person: Person) -> sessions.Admitted:
    with transaction() as session:
        by = Principal(person.user_id, person.email, "ses_x", {})
        return sessions.admit_program(session, by, "rcloud", "rcloud/1")


def log_in(client: TestClient, email: str, **headers: str) -> httpx2.Response:
    answer = client.post(f"{API}/auth/login", json={"email": email, "password": PASSWORD}, headers=headers)
    client.cookies.clear()
    return answer


def with_cookie(client: TestClient, cookie: str) -> int:
    return client.get(f"{API}/auth/me", headers={"cookie": f"rc_session={cookie}"}).status_code


def test_the_list(signed_up: SignedUp) -> None:
    ada = signed_up()
    ada.client.headers["user-agent"] = "Firefox"
    other = ada.logs_in()
    first, second = listed(other)
    assert set(first) == {
        "sessionId", "kind", "client", "method", "userAgent", "address",
        "createdAt", "lastUsedAt", "expiresAt", "current",
    }  # fmt: skip
    assert (first["kind"], first["method"], first["client"]) == ("browser", "password", None)
    assert (first["userAgent"], first["address"]) == ("Firefox", "testclient")
    assert (first["current"], second["current"]) == (True, False)


def test_nobody_sees_or_ends_another_s(signed_up: SignedUp) -> None:
    ada, eve = signed_up("ada"), signed_up("eve")
    (mine,) = listed(ada)
    assert [item["sessionId"] for item in listed(eve)] != [mine["sessionId"]]
    refused = eve.delete(f"/auth/sessions/{mine['sessionId']}")
    assert refused.status_code == 404
    assert refused.json() == eve.delete("/auth/sessions/ses_unknown").json()
    assert eve.delete("/auth/sessions").status_code == 204
    assert ada.get("/auth/me").status_code == 200


def test_ending_one_ends_it_here_and_at_the_edges(signed_up: SignedUp, client: TestClient, session: Session) -> None:
    ada = signed_up()
    other = ada.logs_in()
    target = next(item["sessionId"] for item in listed(ada) if not item["current"])
    answer = ada.delete(f"/auth/sessions/{target}")
    assert (answer.status_code, "set-cookie" in answer.headers) == (204, False)
    assert [person.get("/auth/me").status_code for person in (ada, other)] == [200, 401]
    assert with_cookie(client, other.cookie) == 401
    last = session.scalars(select(EdgeChange).order_by(EdgeChange.sequence.desc())).first()
    assert last is not None
    assert (last.entry, last.value) == (tokens.digest(other.token), None)
    assert ada.delete(f"/auth/sessions/{target}").status_code == 404


def test_ending_the_current_one_is_signing_out(signed_up: SignedUp) -> None:
    ada = signed_up()
    answer = ada.delete(f"/auth/sessions/{listed(ada)[0]['sessionId']}")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert ada.get("/auth/me").status_code == 401


def test_ending_all_the_others(signed_up: SignedUp) -> None:
    ada = signed_up()
    others, program = [ada.logs_in() for _ in range(3)], admit(ada)
    assert ada.delete("/auth/sessions").status_code == 204
    assert ada.get("/auth/me").status_code == 200
    assert {person.get("/auth/me").status_code for person in others} == {401}
    headers = {"authorization": f"Bearer {program.access_token}"}
    assert ada.client.get(f"{API}/auth/me", headers=headers).status_code == 401
    assert [item["current"] for item in listed(ada)] == [True]


def test_a_program_s_session_lives_as_long_as_its_token(signed_up: SignedUp, later: Later) -> None:
    ada = signed_up()
    program = admit(ada)
    found = next(item for item in listed(ada) if item["kind"] == "program")
    assert (found["client"], found["method"]) == ("rcloud", "consent")
    assert datetime.fromisoformat(str(found["expiresAt"])).replace(microsecond=0) == program.expires_at
    later(timedelta(hours=settings().access_token_hours, minutes=1))
    kinds = [item["kind"] for item in listed(ada.logs_in())]
    assert kinds == ["browser", "browser"]


def test_a_token_does_not_outlive_its_session(signed_up: SignedUp, configured: Callable[..., None]) -> None:
    configured(access_token_hours=24 * 365, session_absolute_days=2)
    ada = signed_up()
    (item,) = listed(ada)
    exp = datetime.fromisoformat(log_in(ada.client, ada.email).json()["expiresAt"])
    assert exp - datetime.fromisoformat(str(item["createdAt"])) < timedelta(days=2, minutes=5)


def test_what_is_over_is_not_listed(signed_up: SignedUp, later: Later) -> None:
    ada = signed_up()
    ada.logs_in().post("/auth/logout")
    assert len(listed(ada)) == 1
    later(timedelta(hours=settings().session_idle_hours, minutes=1))
    fresh = ada.logs_in()
    assert [item["current"] for item in listed(fresh)] == [True]


def test_a_token_s_use_is_its_session_s(signed_up: SignedUp, client: TestClient, later: Later) -> None:
    ada = signed_up()
    later(timedelta(hours=20))
    ada.get("/auth/me")
    later(timedelta(hours=20 + settings().session_idle_hours, minutes=-1))
    assert with_cookie(client, ada.cookie) == 200


def test_signing_in_ends_the_session_the_browser_had(signed_up: SignedUp, client: TestClient) -> None:
    """Session fixation: whoever planted a cookie in this browser before has nothing afterwards."""
    ada, mallory = signed_up("ada"), signed_up("mallory")
    answer = log_in(client, ada.email, cookie=f"rc_session={mallory.cookie}", **{"sec-fetch-site": "same-origin"})
    assert answer.status_code == 200
    assert answer.cookies["rc_session"] != mallory.cookie
    assert with_cookie(client, mallory.cookie) == 401
    assert mallory.get("/auth/me").status_code == 401
    assert with_cookie(client, answer.cookies["rc_session"]) == 200


def test_one_s_own_cookie_is_new_after_each_sign_in(signed_up: SignedUp, client: TestClient) -> None:
    ada = signed_up()
    answer = log_in(client, ada.email, cookie=f"rc_session={ada.cookie}", **{"sec-fetch-site": "same-origin"})
    assert with_cookie(client, ada.cookie) == 401
    assert with_cookie(client, answer.cookies["rc_session"]) == 200


@pytest.mark.parametrize("planted", ["ses_chosen.secret", "x", "", "ses_.", "a" * 5000])
def test_no_chosen_cookie_becomes_a_session(signed_up: SignedUp, client: TestClient, planted: str) -> None:
    ada = signed_up()
    answer = log_in(client, ada.email, cookie=f"rc_session={planted}")
    assert answer.status_code == 200
    assert answer.cookies["rc_session"] != planted
    assert with_cookie(client, planted) == 401


def test_a_failed_sign_in_ends_nothing(signed_up: SignedUp, client: TestClient) -> None:
    ada = signed_up()
    body = {"email": ada.email, "password": "wrong horse battery"}
    headers = {"cookie": f"rc_session={ada.cookie}", "sec-fetch-site": "same-origin"}
    assert client.post(f"{API}/auth/login", json=body, headers=headers).status_code == 401
    assert with_cookie(client, ada.cookie) == 200


@pytest.mark.parametrize("path", ["/auth/login", "/auth/signup", "/auth/verify-email", "/auth/password/reset"])
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "cross-site"},
    ],
)
def test_no_other_site_signs_its_visitors_in(
    signed_up: SignedUp, client: TestClient, path: str, headers: dict[str, str]
) -> None:
    ada = signed_up()
    answer = client.post(f"{API}{path}", json={"email": ada.email, "password": PASSWORD}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_refused")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "same-origin"}, {"origin": "http://127.0.0.1:8000"}])
def test_our_pages_and_programs_do(signed_up: SignedUp, client: TestClient, headers: dict[str, str]) -> None:
    ada = signed_up()
    answer = client.post(f"{API}/auth/login", json={"email": ada.email, "password": PASSWORD}, headers=headers)
    assert answer.status_code == 200


def test_what_has_ended_is_deleted_with_its_links(signed_up: SignedUp, session: Session, later: Later) -> None:
    ada = signed_up()
    admit(ada)
    later(timedelta(days=settings().session_absolute_days + 2))
    tasks.forget_expired()
    assert session.scalars(select(LoginSession)).all() == []

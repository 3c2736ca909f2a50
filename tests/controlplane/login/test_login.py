"""Signing in and out, and being slowed down."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from controlplane.audit.models import AuditEvent
from controlplane.core import tokens
from controlplane.edge_log.models import EdgeChange
from controlplane.login import passwords, tasks, throttle
from controlplane.login.models import AccessToken, LoginSession, LoginThrottle
from controlplane.settings import settings
from tests.controlplane.people import API, PASSWORD, SignedUp

URL = f"{API}/auth/login"


def log_in(client: TestClient, email: str, password: str = PASSWORD) -> httpx2.Response:
    answer = client.post(URL, json={"email": email, "password": password})
    client.cookies.clear()
    return answer


def test_the_answer(signed_up: SignedUp, client: TestClient) -> None:
    ada = signed_up()
    answer = log_in(client, "ADA@example.com")
    assert answer.status_code == 200
    assert set(answer.json()) == {"user", "accessToken", "expiresAt"}
    assert answer.json()["user"]["userId"] == ada.user_id
    assert answer.json()["accessToken"] != ada.token
    assert ada.get("/auth/me").status_code == 200


def test_unknown_address_and_wrong_password_look_the_same(signed_up: SignedUp, client: TestClient) -> None:
    signed_up()
    wrong, unknown = log_in(client, "ada@example.com", "wrong password"), log_in(client, "bob@example.com")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["code"] == "wrong_credentials"
    ignored = {"x-request-id", "date"}
    assert {k: v for k, v in wrong.headers.items() if k not in ignored} == {
        k: v for k, v in unknown.headers.items() if k not in ignored
    }


def test_an_unknown_address_costs_a_hash_too(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    real = passwords.hasher()

    class Counting:
        def verify(self, password: str, stored: str) -> bool:
            compared.append(stored)
            return real.verify(password, stored)

        hash = real.hash

    monkeypatch.setattr(passwords, "hasher", Counting)
    log_in(client, "bob@example.com")
    assert len(compared) == 1
    assert compared[0].startswith("$argon2id$")


def test_nobodys_password_opens_nothing(client: TestClient) -> None:
    assert log_in(client, "bob@example.com", "the password of nobody").status_code == 401
    assert not passwords.matches("the password of nobody", None)


def test_the_audit_trail(signed_up: SignedUp, client: TestClient, session: Session) -> None:
    ada = signed_up()
    log_in(client, ada.email)
    log_in(client, ada.email, "wrong password")
    log_in(client, "bob@example.com")
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.number)).all()
    assert [(event.action, event.actor, event.target) for event in events] == [
        ("auth.signup", ada.user_id, ada.user_id),
        ("auth.login", ada.user_id, ada.user_id),
        ("auth.login_failed", "system", ada.user_id),
        ("auth.login_failed", "system", "unknown"),
    ]
    assert all(PASSWORD not in str(event.details) for event in events)


def test_repeated_failures_are_refused_even_with_the_right_password(
    signed_up: SignedUp, client: TestClient, later: Callable[[timedelta], None]
) -> None:
    ada = signed_up()
    for _ in range(settings().login_failures_allowed):
        assert log_in(client, ada.email, "wrong password").status_code == 401
    refused = log_in(client, ada.email)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    window = settings().login_window_minutes * 60
    assert 0 < int(refused.headers["retry-after"]) <= window + 1
    assert refused.json()["details"]["retryAfterSeconds"] == int(refused.headers["retry-after"])
    assert ada.get("/auth/me").status_code == 200
    later(timedelta(seconds=window + 2))
    assert log_in(client, ada.email).status_code == 200


def test_an_address_without_a_user_is_slowed_down_just_the_same(client: TestClient) -> None:
    answers = [log_in(client, "bob@example.com").status_code for _ in range(settings().login_failures_allowed + 1)]
    assert answers == [401] * settings().login_failures_allowed + [429]


def test_success_forgets_the_failures(signed_up: SignedUp, client: TestClient) -> None:
    ada = signed_up()
    for _ in range(2):
        for _ in range(settings().login_failures_allowed - 1):
            assert log_in(client, ada.email, "wrong password").status_code == 401
        assert log_in(client, ada.email).status_code == 200


def test_one_network_address_cannot_try_everyone(
    signed_up: SignedUp, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_up()
    monkeypatch.setattr(throttle, "ADDRESS_FACTOR", 1)
    for number in range(settings().login_failures_allowed):
        assert log_in(client, f"guess{number}@example.com").status_code == 401
    assert log_in(client, "ada@example.com").status_code == 429


def test_listing_users_by_signing_up_is_slowed_down(
    signed_up: SignedUp, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = signed_up()
    monkeypatch.setattr(throttle, "ADDRESS_FACTOR", 1)
    body = {"email": ada.email, "password": PASSWORD}
    answers = [client.post(f"{API}/auth/signup", json=body).status_code for _ in range(11)]
    assert answers == [409] * 10 + [429]


def test_logout_ends_the_session_and_its_tokens(signed_up: SignedUp, client: TestClient, session: Session) -> None:
    ada = signed_up()
    other = ada.logs_in()
    answer = ada.post("/auth/logout")
    assert answer.status_code == 204
    assert 'rc_session=""' in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]
    refused = ada.get("/auth/me")
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")
    cookie = {"cookie": f"rc_session={ada.cookie}"}
    assert client.get(f"{API}/auth/me", headers=cookie).status_code == 401
    assert other.get("/auth/me").status_code == 200
    last = session.scalars(select(EdgeChange).order_by(EdgeChange.sequence.desc())).first()
    assert last is not None
    assert (last.entry, last.value) == (tokens.digest(ada.token), None)
    assert session.scalars(select(AuditEvent.action).order_by(AuditEvent.number.desc())).first() == "auth.logout"


def test_logout_twice(signed_up: SignedUp) -> None:
    ada = signed_up()
    assert [ada.post("/auth/logout").status_code for _ in range(2)] == [204, 401]


def test_what_has_ended_is_deleted_a_day_later(
    signed_up: SignedUp, session: Session, later: Callable[[timedelta], None]
) -> None:
    signed_up("ada").post("/auth/logout")
    bob = signed_up("bob")
    tasks.forget_expired()
    assert len(session.scalars(select(AccessToken)).all()) == 2
    later(timedelta(hours=24, minutes=1))
    for _ in range(2):
        tasks.forget_expired()
        assert session.scalars(select(AccessToken.digest)).all() == [tokens.digest(bob.token)]
        assert session.scalars(select(LoginSession.user_id)).all() == [bob.user_id]


def test_the_edges_forget_expired_access_tokens(
    signed_up: SignedUp, session: Session, later: Callable[[timedelta], None]
) -> None:
    ada = signed_up()
    later(timedelta(hours=settings().access_token_hours + 24, minutes=1))
    tasks.forget_expired()
    last = session.scalars(select(EdgeChange).order_by(EdgeChange.sequence.desc())).first()
    assert last is not None
    assert (last.entry, last.value) == (tokens.digest(ada.token), None)


def test_old_counts_of_failures_are_deleted(
    client: TestClient, session: Session, later: Callable[[timedelta], None]
) -> None:
    log_in(client, "bob@example.com")
    tasks.forget_expired()
    assert len(session.scalars(select(LoginThrottle)).all()) == 3
    later(timedelta(minutes=settings().login_window_minutes + 1))
    tasks.forget_expired()
    assert session.scalars(select(LoginThrottle)).all() == []


def test_failures_at_once_are_all_counted(
    committed: sessionmaker[Session], client: TestClient, signed_up: SignedUp
) -> None:
    ada = signed_up()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: log_in(client, ada.email, "wrong password").status_code, range(20)))
    assert set(answers) <= {401, 429}
    assert answers.count(401) >= settings().login_failures_allowed
    with committed() as session:
        counts = select(LoginThrottle.failures).where(LoginThrottle.subject.not_like("signup:%"))
        assert set(session.scalars(counts)) == {answers.count(401)}
    assert log_in(client, ada.email).status_code == 429

"""New passwords: by a link, by the old one, or as the first."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from controlplane.audit.models import AuditEvent
from controlplane.core import tokens
from controlplane.edge_log.models import EdgeChange
from controlplane.login import breached
from controlplane.settings import settings
from controlplane.users.models import User
from tests.controlplane.login.mailed import token
from tests.controlplane.mailbox import mails
from tests.controlplane.people import API, PASSWORD, Person, SignedUp

NEW = "quite another horse"
COMMON = "Password123"
KIND = "password_reset"
Later = Callable[[timedelta], None]


def forget(person: Person) -> None:
    answer = person.client.post(f"{API}/auth/password/forgot", json={"email": person.email})
    assert (answer.status_code, answer.json()) == (202, {})


def reset(client: TestClient, secret: str, password: str = NEW) -> httpx2.Response:
    return client.post(f"{API}/auth/password/reset", json={"token": secret, "password": password})


def log_in(client: TestClient, email: str, password: str) -> int:
    answer = client.post(f"{API}/auth/login", json={"email": email, "password": password})
    client.cookies.clear()
    return answer.status_code


def change(person: Person, password: str = NEW, **body: str) -> httpx2.Response:
    return person.post("/auth/password/change", {"password": password, **body})


def test_a_reset_signs_out_everywhere_here_and_at_the_edges(signed_up: SignedUp, session: Session) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    other = ada.logs_in()
    forget(ada)
    answer = reset(ada.client, token(session, ada.email, KIND))
    assert (answer.status_code, answer.content) == (204, b"")
    assert "set-cookie" not in answer.headers
    assert [person.get("/auth/me").status_code for person in (ada, other, bob)] == [401, 401, 200]
    gone = session.execute(select(EdgeChange.entry, EdgeChange.value).order_by(EdgeChange.sequence.desc()).limit(2))
    assert {(entry, value) for entry, value in gone} == {(tokens.digest(p.token), None) for p in (ada, other)}
    assert log_in(ada.client, ada.email, PASSWORD) == 401
    assert log_in(ada.client, ada.email, NEW) == 200
    actions = session.scalars(
        select(AuditEvent.action).where(AuditEvent.action.like("user.%")).order_by(AuditEvent.number)
    )
    assert actions.all() == ["user.ask_password_reset", "user.reset_password"]
    assert len(mails(session, ada.email, "password_changed")) == 1


def test_a_link_works_once(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    forget(ada)
    secret = token(session, ada.email, KIND)
    assert reset(ada.client, secret).status_code == 204
    again = reset(ada.client, secret, "yet another horse")
    assert (again.status_code, again.json()["code"]) == (400, "link_invalid")
    assert "Ask for a new link" in again.json()["message"]
    assert log_in(ada.client, ada.email, NEW) == 200


def test_a_link_has_its_time(signed_up: SignedUp, session: Session, later: Later) -> None:
    ada = signed_up()
    forget(ada)
    secret = token(session, ada.email, KIND)
    later(timedelta(minutes=settings().password_reset_link_minutes, seconds=1))
    assert reset(ada.client, secret).json()["code"] == "link_invalid"
    assert log_in(ada.client, ada.email, PASSWORD) == 200


def test_only_the_newest_link_works(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    forget(ada)
    first = token(session, ada.email, KIND)
    forget(ada)
    assert reset(ada.client, first).status_code == 400
    assert reset(ada.client, token(session, ada.email, KIND)).status_code == 204


def test_one_s_link_is_for_oneself(signed_up: SignedUp, session: Session) -> None:
    ada, eve = signed_up("ada"), signed_up("eve")
    forget(eve)
    assert reset(eve.client, token(session, eve.email, KIND)).status_code == 204
    assert log_in(ada.client, ada.email, PASSWORD) == 200


@pytest.mark.parametrize(
    ("password", "says"),
    [("short", "at least 10"), (COMMON, breached.RULE), ("ada@example.com", "your e-mail address")],
)
def test_a_password_that_is_refused_leaves_the_link(
    signed_up: SignedUp, session: Session, password: str, says: str
) -> None:
    ada = signed_up()
    forget(ada)
    secret = token(session, ada.email, KIND)
    refused = reset(ada.client, secret, password)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert [error["field"] for error in refused.json()["details"]["errors"]] == ["password"]
    assert says in refused.json()["message"]
    assert reset(ada.client, secret).status_code == 204


def test_who_resets_has_shown_that_the_address_is_theirs(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    session.execute(update(User).values(verified_at=None))
    session.expire_all()
    assert log_in(ada.client, ada.email, PASSWORD) == 403
    forget(ada)
    assert reset(ada.client, token(session, ada.email, KIND)).status_code == 204
    assert log_in(ada.client, ada.email, NEW) == 200


def test_two_uses_at_once_are_one(committed: sessionmaker[Session], signed_up: SignedUp) -> None:
    ada = signed_up()
    forget(ada)
    with committed() as session:
        secret = token(session, ada.email, KIND)
    words = [f"quite another horse {number}" for number in range(5)]
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda word: reset(ada.client, secret, word).status_code, words))
    assert sorted(answers) == [204, 400, 400, 400, 400]
    assert [log_in(ada.client, ada.email, word) for word in words].count(200) == 1


def test_no_session_slips_through_a_reset(committed: sessionmaker[Session], signed_up: SignedUp) -> None:
    """Whoever signs in with the old password at the very moment has no session afterwards."""
    ada = signed_up()
    forget(ada)
    with committed() as session:
        secret = token(session, ada.email, KIND)
    body = {"email": ada.email, "password": PASSWORD}
    with ThreadPoolExecutor(6) as pool:
        signing_in = [pool.submit(ada.client.post, f"{API}/auth/login", json=body) for _ in range(4)]
        assert pool.submit(reset, ada.client, secret).result().status_code == 204
        answers = [one.result() for one in signing_in]
    ada.client.cookies.clear()
    assert {answer.status_code for answer in answers} <= {200, 401}
    for answer in answers:
        if answer.status_code == 200:
            headers = {"authorization": f"Bearer {answer.json()['accessToken']}"}
            assert ada.client.get(f"{API}/auth/me", headers=headers).status_code == 401


def test_a_change_needs_the_current_password_and_ends_the_others(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    other = ada.logs_in()
    for wrong in ({}, {"currentPassword": "wrong horse battery"}):
        refused = change(ada, **wrong)
        assert (refused.status_code, refused.json()["code"]) == (403, "wrong_password")
    assert change(ada, currentPassword=PASSWORD).status_code == 204
    assert [person.get("/auth/me").status_code for person in (ada, other)] == [200, 401]
    assert log_in(ada.client, ada.email, NEW) == 200
    assert len(mails(session, ada.email, "password_changed")) == 1


def test_guessing_the_current_password_is_slow(signed_up: SignedUp) -> None:
    ada = signed_up()
    answers = [change(ada, currentPassword="wrong horse battery").status_code for _ in range(11)]
    assert answers == [403] * 10 + [429]
    assert change(ada, currentPassword=PASSWORD).status_code == 429


def test_a_first_password_needs_a_recent_sign_in(signed_up: SignedUp, session: Session, later: Later) -> None:
    ada = signed_up()
    session.execute(update(User).values(password_hash=None))
    session.expire_all()
    assert ada.get("/auth/me").json()["user"]["hasPassword"] is False
    later(timedelta(minutes=16))
    refused = change(ada)
    assert (refused.status_code, refused.json()["code"]) == (403, "recent_sign_in_required")
    later(timedelta(minutes=14))
    assert change(ada).status_code == 204
    assert log_in(ada.client, ada.email, NEW) == 200


def test_a_program_changes_no_password(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    session.execute(text("UPDATE login_session SET kind = 'program'"))
    session.expire_all()
    refused = change(ada, currentPassword=PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (403, "person_required")


def test_a_change_voids_the_links(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    forget(ada)
    secret = token(session, ada.email, KIND)
    assert change(ada, currentPassword=PASSWORD).status_code == 204
    assert reset(ada.client, secret).json()["code"] == "link_invalid"


def test_the_name(signed_up: SignedUp) -> None:
    ada = signed_up()
    answer = ada.call("PATCH", "/auth/me", json={"name": " Ada Lovelace "})
    assert (answer.status_code, answer.json()["name"]) == (200, "Ada Lovelace")
    assert ada.get("/auth/me").json()["user"]["name"] == "Ada Lovelace"
    assert ada.call("PATCH", "/auth/me", json={"name": None}).json()["name"] is None
    assert ada.call("PATCH", "/auth/me", json={"name": "a\nb"}).status_code == 422
    assert ada.call("PATCH", "/auth/me", json={"operator": True}).status_code == 422

"""Signing up where mail can leave: the address first, and nobody learns who is here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.audit.models import AuditEvent
from controlplane.core import tokens
from controlplane.login import passwords
from controlplane.login.models import AccessToken, LoginSession, MailToken
from controlplane.login.tasks import forget_expired
from controlplane.mail.models import OutboxMessage
from controlplane.settings import settings
from controlplane.users.models import User
from tests.controlplane.login.mailed import token
from tests.controlplane.login.verifying import KIND, post, shown, sign_up, verified
from tests.controlplane.mailbox import last_body, mails
from tests.controlplane.people import API, PASSWORD

pytestmark = pytest.mark.usefixtures("mailing")


def test_from_the_mail_to_signed_in(client: TestClient, session: Session) -> None:
    answer = sign_up(client)
    assert answer.json() == {"status": "verification_sent", "email": "ada@example.com"}
    assert "set-cookie" not in answer.headers
    assert session.scalars(select(LoginSession)).all() == []
    assert session.scalars(select(AccessToken)).all() == []
    signed_in = verified(client, session)
    assert set(signed_in.json()) == {"user", "accessToken", "expiresAt"}
    assert signed_in.cookies["rc_session"]
    assert post(client, "/login", email="ada@example.com", password=PASSWORD).status_code == 200


def test_the_link_is_of_our_own_page_and_only_its_digest_is_kept(client: TestClient, session: Session) -> None:
    sign_up(client)
    secret = token(session, "ada@example.com", KIND)
    assert f"{settings().console_url}/verify-email?token={secret}" in last_body(session, "ada@example.com").html
    assert session.scalars(select(MailToken.digest)).all() == [tokens.digest(secret)]


def test_a_taken_address_looks_just_like_a_free_one(client: TestClient, session: Session) -> None:
    sign_up(client, "ada@example.com")
    verified(client, session)
    free, taken = sign_up(client, "bob@example.com"), sign_up(client, "ada@example.com", "wrong horse battery")
    same = taken.content.replace(b"ada@", b"bob@")
    assert (free.status_code, free.content) == (taken.status_code, same)
    assert shown(free)[1] == shown(taken)[1]  # type: ignore[index]
    told = last_body(session, "ada@example.com", "address_taken")
    assert "already" in told.text
    assert "token=" not in told.text
    assert post(client, "/login", email="ada@example.com", password="wrong horse battery").status_code == 401
    assert post(client, "/login", email="ada@example.com", password=PASSWORD).status_code == 200


@pytest.mark.parametrize("path", ["/verify-email/resend", "/password/forgot"])
def test_asking_for_a_link_tells_nothing(client: TestClient, session: Session, path: str) -> None:
    sign_up(client, "ada@example.com")
    verified(client, session)
    sign_up(client, "new@example.com")
    answers = [post(client, path, email=email) for email in ("ada@example.com", "new@example.com", "no@example.com")]
    assert {answer.status_code for answer in answers} == {202}
    assert all(shown(answer) == shown(answers[0]) for answer in answers)
    assert answers[0].json() == {}
    # Each is one mail for the queue, whoever has the address.
    assert [len(mails(session, email)) for email in ("ada@example.com", "new@example.com", "no@example.com")] == [
        2,
        2,
        1,
    ]


def test_a_taken_address_costs_a_hash_too(
    client: TestClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_up(client)
    verified(client, session)
    made: list[str] = []
    real = passwords.hashed
    monkeypatch.setattr(passwords, "hashed", lambda text: made.append(text) or real(text))  # type: ignore[func-returns-value]
    sign_up(client, "ada@example.com")
    sign_up(client, "bob@example.com")
    assert len(made) == 2


def test_unconfirmed_is_told_to_who_knows_the_password_only(client: TestClient) -> None:
    sign_up(client)
    right = post(client, "/login", email="ada@example.com", password=PASSWORD)
    assert (right.status_code, right.json()["code"]) == (403, "email_not_verified")
    assert "set-cookie" not in right.headers
    wrong = post(client, "/login", email="ada@example.com", password="wrong horse battery")
    unknown = post(client, "/login", email="no@example.com", password="wrong horse battery")
    assert (wrong.status_code, wrong.json()) == (401, unknown.json())


def refused(client: TestClient, secret: str) -> bool:
    answer = post(client, "/verify-email", token=secret)
    assert "set-cookie" not in answer.headers
    return (answer.status_code, answer.json()["code"]) == (400, "link_invalid")


def test_a_link_works_once(client: TestClient, session: Session) -> None:
    sign_up(client)
    secret = token(session, "ada@example.com", KIND)
    verified(client, session)
    assert refused(client, secret)


def test_a_link_has_its_time(client: TestClient, session: Session, later: Callable[[timedelta], None]) -> None:
    sign_up(client)
    secret = token(session, "ada@example.com", KIND)
    later(timedelta(hours=settings().verification_link_hours, seconds=1))
    assert refused(client, secret)


@pytest.mark.parametrize("off", [timedelta(hours=-2), timedelta(hours=2)])
def test_a_clock_that_is_off_by_hours_within_a_link_s_life(
    client: TestClient, session: Session, later: Callable[[timedelta], None], off: timedelta
) -> None:
    sign_up(client)
    later(off)
    verified(client, session)


def test_only_the_newest_link_works(client: TestClient, session: Session) -> None:
    sign_up(client)
    first = token(session, "ada@example.com", KIND)
    assert post(client, "/verify-email/resend", email="ada@example.com").status_code == 202
    assert refused(client, first)
    verified(client, session)


def test_a_link_for_one_purpose_is_none_for_another(client: TestClient, session: Session) -> None:
    sign_up(client)
    post(client, "/password/forgot", email="ada@example.com")
    assert refused(client, token(session, "ada@example.com", "password_reset"))
    swapped = post(
        client, "/password/reset", token=token(session, "ada@example.com", KIND), password="other horse battery"
    )
    assert swapped.json()["code"] == "link_invalid"


@pytest.mark.parametrize("secret", ["", "x", "0" * 100, "\u0000"])
def test_what_never_was_a_link(client: TestClient, secret: str) -> None:
    assert refused(client, secret)


MALLORY_S = "mallory horse battery"


@pytest.mark.parametrize("chosen", [(MALLORY_S, PASSWORD), (PASSWORD, MALLORY_S), (PASSWORD, MALLORY_S, PASSWORD)])
def test_who_signs_up_with_somebody_else_s_address_gets_nothing_of_theirs(
    client: TestClient, session: Session, chosen: tuple[str, ...]
) -> None:
    """Before or after its owner: of passwords that differ, the owner's click confirms none."""
    links = []
    for password in chosen:
        sign_up(client, "ada@example.com", password)
        links.append(token(session, "ada@example.com", KIND))
    assert all(refused(client, planted) for planted in links[:-1])
    owner = verified(client, session).json()
    assert owner["user"]["hasPassword"] is False
    for password in {*chosen}:
        assert post(client, "/login", email="ada@example.com", password=password).status_code == 401
    headers, body = {"authorization": f"Bearer {owner['accessToken']}"}, {"password": "the owner's horse battery"}
    assert client.post(f"{API}/auth/password/change", json=body, headers=headers).status_code == 204
    assert post(client, "/login", email="ada@example.com", **body).status_code == 200
    assert session.scalar(select(func.count()).select_from(User)) == 1


def test_the_same_person_may_sign_up_twice(client: TestClient, session: Session) -> None:
    sign_up(client)
    sign_up(client)
    verified(client, session)
    assert post(client, "/login", email="ada@example.com", password=PASSWORD).status_code == 200


def test_a_sign_up_that_was_never_confirmed_is_forgotten_with_its_link(
    client: TestClient, session: Session, later: Callable[[timedelta], None]
) -> None:
    sign_up(client, "ada@example.com", MALLORY_S)
    later(timedelta(hours=settings().verification_link_hours, seconds=1))
    sign_up(client)
    verified(client, session)
    assert post(client, "/login", email="ada@example.com", password=MALLORY_S).status_code == 401
    assert post(client, "/login", email="ada@example.com", password=PASSWORD).status_code == 200


def test_addresses_that_nobody_confirms_are_not_kept_for_ever(
    client: TestClient, session: Session, later: Callable[[timedelta], None]
) -> None:
    sign_up(client, "bob@example.com")
    verified(client, session, "bob@example.com")
    sign_up(client, "ada@example.com")
    later(timedelta(days=29))
    forget_expired()
    sign_up(client, "new@example.com")
    assert set(session.scalars(select(User.email))) == {"ada@example.com", "bob@example.com", "new@example.com"}
    later(timedelta(days=30, hours=1))
    post(client, "/verify-email/resend", email="ada@example.com")
    forget_expired()
    assert set(session.scalars(select(User.email))) == {"ada@example.com", "bob@example.com", "new@example.com"}
    later(timedelta(days=32))
    forget_expired()
    assert set(session.scalars(select(User.email))) == {"bob@example.com", "new@example.com"}


def test_the_audit_trail(client: TestClient, session: Session) -> None:
    sign_up(client)
    verified(client, session)
    sign_up(client)
    actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.number)).all()
    assert actions == ["auth.signup", "user.verify_email", "auth.login", "auth.signup_refused"]


def test_mail_of_a_refused_sign_up_is_none(client: TestClient, session: Session) -> None:
    assert post(client, "/signup", email="ada@example.com", password="short").status_code == 422
    assert session.scalars(select(OutboxMessage)).all() == []

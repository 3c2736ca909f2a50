"""The outbox: who may read what, and for how long."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.core import clock
from controlplane.mail import printing, service, tasks
from controlplane.mail.models import OutboxMessage
from controlplane.mail.printing import Output
from controlplane.settings import settings
from controlplane.users.models import User
from tests.controlplane.people import API, Person, SignedUp

VALUES: dict[str, object] = {"url": "https://cloud.example.com/?token=secret", "address": None, "at": clock.now()}


def write(session: Session, to: str, kind: str = "address_taken", lasting: timedelta | None = None) -> None:
    service.send(session, to, "address_taken", VALUES, kind, expires_at=clock.now() + lasting if lasting else None)
    session.flush()


def read(person: Person) -> list[dict[str, object]]:
    answer = person.get("/outbox")
    assert answer.status_code == 200
    items: list[dict[str, object]] = answer.json()["items"]
    return items


def test_without_a_transport_mail_is_kept_and_shown(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    write(session, ada.email)
    tasks.deliver_mail()
    (item,) = read(ada)
    assert set(item) == {
        "messageId", "to", "subject", "text", "html", "kind", "status", "createdAt", "sentAt", "error",
    }  # fmt: skip
    assert (item["to"], item["status"], item["sentAt"]) == (ada.email, "kept", None)
    assert "token=secret" in str(item["text"])
    assert "token=secret" in str(item["html"])


def test_the_first_user_of_a_fresh_plane_operates_it_and_sees_everything(signed_up: SignedUp, session: Session) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    for kind in ("invitation", "verify_email", "password_reset"):
        write(session, bob.email, kind)
    assert {item["kind"] for item in read(ada)} == {"password_reset", "verify_email", "invitation"}
    assert [item["kind"] for item in read(bob)] == ["invitation"]


def test_nobody_reads_mail_to_somebody_else(signed_up: SignedUp, session: Session) -> None:
    signed_up("ada")
    bob, eve = signed_up("bob"), signed_up("eve")
    write(session, bob.email, "invitation")
    assert read(eve) == []


def test_who_has_not_shown_that_the_address_is_theirs_reads_nothing(signed_up: SignedUp, session: Session) -> None:
    signed_up("ada")
    bob = signed_up("bob")
    write(session, bob.email, "invitation")
    session.scalars(select(User).where(User.user_id == bob.user_id)).one().verified_at = None
    session.flush()
    assert read(bob) == []


def test_a_program_reads_no_mail(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    session.execute(text("UPDATE login_session SET kind = 'program'"))
    session.expire_all()
    refused = ada.get("/outbox")
    assert (refused.status_code, refused.json()["code"]) == (403, "person_required")


def test_pages(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    for number in range(3):
        write(session, f"p{number}@example.com")
    first = ada.get("/outbox?limit=2").json()
    rest = ada.get(f"/outbox?limit=2&after={first['next']}").json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)


def test_bodies_are_sealed_at_rest(session: Session) -> None:
    write(session, "ada@example.com")
    stored = session.scalars(select(OutboxMessage.sealed_body)).one()
    assert stored is not None
    assert b"secret" not in stored


def test_a_secret_stays_readable_no_longer_than_it_works(
    signed_up: SignedUp, session: Session, later: Callable[[timedelta], None]
) -> None:
    ada = signed_up()
    write(session, ada.email, lasting=timedelta(hours=1))
    write(session, ada.email)
    later(timedelta(hours=2))
    for _ in range(2):
        tasks.forget_mail()
        session.expire_all()
        assert sorted(item["text"] is None for item in read(ada)) == [False, True]
    assert {item["status"] for item in read(ada)} == {"kept"}


def test_a_link_on_its_way_is_for_its_mailbox_only(
    signed_up: SignedUp, session: Session, configured: Callable[..., None]
) -> None:
    """Or who reads the outbox could ask for somebody's new password while the mail server is away, and take it."""
    ada, bob = signed_up("ada"), signed_up("bob")
    configured(smtp_url="smtp://127.0.0.1:1", mail_from="cloud@example.com")
    write(session, bob.email, "password_reset", lasting=timedelta(hours=1))
    write(session, bob.email, "invitation", lasting=timedelta(hours=1))
    assert [(item["status"], item["text"], item["html"]) for item in read(ada)] == [("queued", None, None)] * 2
    assert ["token=secret" in str(item["text"]) for item in read(bob)] == [True]


def test_old_mail_is_deleted(session: Session, later: Callable[[timedelta], None]) -> None:
    write(session, "ada@example.com")
    later(timedelta(days=settings().mail_keep_days, hours=-1))
    tasks.forget_mail()
    assert session.scalars(select(OutboxMessage)).all()
    later(timedelta(days=settings().mail_keep_days, hours=1))
    tasks.forget_mail()
    assert session.scalars(select(OutboxMessage)).all() == []


def test_on_the_host(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    write(session, "ada@example.com", "password_reset")
    write(session, "bob@example.com", lasting=timedelta(hours=-1))
    tasks.forget_mail()
    session.expire_all()
    printing.show(10, follow=False, output=Output.JSON)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    texts = {line["to"]: line["text"] for line in lines}
    assert "token=secret" in texts["ada@example.com"]
    assert texts["bob@example.com"] is None
    printing.show(10, follow=False, output=Output.TEXT)
    shown = capsys.readouterr().out
    assert "token=secret" in shown
    assert "has been deleted" in shown


def test_anonymous(client: TestClient) -> None:
    assert client.get(f"{API}/outbox").status_code == 401

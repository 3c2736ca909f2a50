"""Mail leaves after the commit, over real SMTP: once, again after trouble, and never into a transaction of ours."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from controlplane.core import clock
from controlplane.core.database import engine, transaction
from controlplane.mail import service, tasks
from controlplane.mail.models import OutboxMessage
from controlplane.mail.smtp import Server
from controlplane.settings import settings
from tests.support.smtp_sink import Sink, text_of

Later = Callable[[timedelta], None]


def write(session: Session, to: str = "ada@example.com", **options: object) -> str:
    values = {"url": "https://cloud.example.com/x", "address": None, "at": clock.now(), "expires_at": clock.now()}
    message = service.send(session, to, "password_reset", values, "password_reset", **options)  # type: ignore[arg-type]
    session.flush()
    return message.message_id


def only(session: Session) -> OutboxMessage:
    return session.scalars(select(OutboxMessage).execution_options(populate_existing=True)).one()


def test_what_arrives(session: Session, sink: Sink) -> None:
    message_id = write(session)
    tasks.deliver_mail()
    (message,), (envelope,) = sink.messages, sink.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("cloud@example.com", ["ada@example.com"])
    assert message["Message-ID"] == f"<{message_id}@127.0.0.1>"
    assert "https://cloud.example.com/x" in text_of(message)
    assert "https://cloud.example.com/x" in text_of(message, "html")
    sent = only(session)
    assert (sent.status, sent.attempts, sent.error, sent.due_at) == ("sent", 1, None, None)
    assert sent.sent_at is not None
    tasks.deliver_mail()
    assert len(sink.messages) == 1


def test_several_in_one_go(session: Session, sink: Sink) -> None:
    for number in range(5):
        write(session, f"p{number}@example.com")
    tasks.deliver_mail()
    assert [message["To"] for message in sink.messages] == [f"p{number}@example.com" for number in range(5)]


def test_nothing_leaves_before_the_commit(committed: sessionmaker[Session], sink: Sink) -> None:
    with committed() as session:
        write(session)
        tasks.deliver_mail()
        assert sink.messages == []
        session.commit()
    tasks.deliver_mail()
    assert len(sink.messages) == 1


def test_a_rollback_sends_nothing(committed: sessionmaker[Session], sink: Sink) -> None:
    with committed() as session:
        write(session)
    tasks.deliver_mail()
    assert sink.messages == []


def test_a_bounce_is_final_and_says_why(session: Session, sink: Sink, later: Later) -> None:
    sink.answers["gone@example.com"] = "550 5.1.1 no such mailbox"
    write(session, "gone@example.com")
    write(session, "here@example.com")
    tasks.deliver_mail()
    gone = session.scalars(select(OutboxMessage).where(OutboxMessage.recipient == "gone@example.com")).one()
    assert (gone.status, gone.error, gone.due_at) == ("failed", "550 5.1.1 no such mailbox", None)
    assert len(sink.to("here@example.com")) == 1
    sink.answers.clear()
    later(timedelta(days=1))
    tasks.deliver_mail()
    assert sink.to("gone@example.com") == []


def test_a_server_that_is_busy_is_asked_again(session: Session, sink: Sink, later: Later) -> None:
    sink.answers["ada@example.com"] = "451 4.3.0 try later"
    message_id = write(session)
    tasks.deliver_mail()
    waiting = only(session)
    assert (waiting.status, waiting.attempts, waiting.error) == ("queued", 1, "451 4.3.0 try later")
    tasks.deliver_mail()
    assert only(session).attempts == 1
    later(timedelta(minutes=1))
    tasks.deliver_mail()
    assert only(session).attempts == 2
    sink.answers.clear()
    later(timedelta(hours=1))
    tasks.deliver_mail()
    assert only(session).status == "sent"
    assert [message["Message-ID"] for message in sink.messages] == [f"<{message_id}@127.0.0.1>"]


def test_a_server_that_is_away_and_comes_back(session: Session, sink: Sink, later: Later) -> None:
    sink.stop()
    write(session, "ada@example.com")
    write(session, "bob@example.com")
    tasks.deliver_mail()
    rows = session.scalars(select(OutboxMessage)).all()
    # The server is away for everybody: the second is not even tried.
    assert sorted(row.attempts for row in rows) == [0, 1]
    assert all(row.status == "queued" for row in rows)
    sink.start()
    later(timedelta(minutes=2))
    tasks.deliver_mail()
    assert {message["To"] for message in sink.messages} == {"ada@example.com", "bob@example.com"}


def test_in_the_end_it_is_given_up(session: Session, sink: Sink, later: Later) -> None:
    sink.answers["ada@example.com"] = "451 4.3.0 try later"
    write(session)
    for hours in (0, 1, settings().mail_give_up_hours + 1):
        later(timedelta(hours=hours))
        tasks.deliver_mail()
    assert (only(session).status, only(session).error) == ("failed", "451 4.3.0 try later")


def test_waits_grow_and_stay_within_an_hour() -> None:
    waits = [service._wait(attempts) for attempts in range(1, 50)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(seconds=10), timedelta(hours=1))


def test_two_workers_at_once_send_each_mail_once(committed: sessionmaker[Session], sink: Sink) -> None:
    with committed() as session:
        ids = {write(session, f"p{number}@example.com") for number in range(20)}
        session.commit()
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(service.deliver_due) for _ in range(2)]:
            done.result()
    assert sorted(str(m["Message-ID"]) for m in sink.messages) == sorted(f"<{i}@127.0.0.1>" for i in ids)


def test_no_transaction_is_open_while_the_server_thinks(
    committed: sessionmaker[Session], sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    deliver = Server.deliver

    def looking(*arguments: object) -> None:
        with engine().connect() as connection:
            query = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
            own = " AND datname = current_database() AND pid <> pg_backend_pid()"
            seen.append(connection.execute(text(query + own)).scalar_one())
        deliver(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Server, "deliver", looking)
    with transaction() as session:
        write(session)
    service.deliver_due()
    assert seen == [0]
    assert len(sink.messages) == 1


def test_who_dies_between_sending_and_noting_sends_again_under_the_same_id(
    session: Session, sink: Sink, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(session)
    with monkeypatch.context() as dying:
        dying.setattr(service, "_settle", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            service.deliver_due()
    service.deliver_due()
    assert len(sink.messages) == 1
    later(service.LEASE + timedelta(seconds=1))
    service.deliver_due()
    assert len({message["Message-ID"] for message in sink.messages}) == 1
    assert len(sink.messages) == 2
    assert only(session).status == "sent"


def test_an_outcome_that_comes_too_late_changes_nothing(session: Session, sink: Sink, later: Later) -> None:
    write(session)
    claimed = next(service._claimed())
    session.expunge_all()
    later(service.LEASE + timedelta(seconds=1))
    service.deliver_due()
    service._settle(claimed, "failed", "too late")
    assert only(session).status == "sent"


def test_a_server_that_hangs_does_not_take_the_whole_worker(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, go = threading.Semaphore(0), threading.Event()

    def hanging() -> None:
        inside.release()
        assert go.wait(30)

    monkeypatch.setattr(service, "deliver_due", hanging)
    with ThreadPoolExecutor(4) as pool:
        held = [pool.submit(tasks.deliver_mail) for _ in range(2)]
        assert all(inside.acquire(timeout=30) for _ in held)
        for _ in range(2):
            pool.submit(tasks.deliver_mail).result(timeout=30)
        go.set()
    assert not inside.acquire(blocking=False)


def test_an_address_beyond_ascii_needs_a_server_for_it(session: Session, sink: Sink) -> None:
    write(session, "ä@ö.example")
    tasks.deliver_mail()
    assert only(session).status in {"sent", "failed"}
    assert only(session).due_at is None


def test_a_secret_in_a_sent_mail_is_deleted(session: Session, sink: Sink) -> None:
    write(session, expires_at=clock.now() + timedelta(hours=1))
    tasks.deliver_mail()
    assert (only(session).status, only(session).sealed_body, only(session).body_until) == ("sent", None, None)


def test_a_link_that_has_expired_is_not_sent(session: Session, sink: Sink, later: Later) -> None:
    write(session, expires_at=clock.now() + timedelta(hours=1))
    later(timedelta(hours=2))
    tasks.forget_mail()
    tasks.deliver_mail()
    assert sink.messages == []
    assert only(session).status == "failed"
    assert "expired" in (only(session).error or "")

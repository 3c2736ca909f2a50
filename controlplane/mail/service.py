"""Mail is written into the outbox with the change that causes it, and delivered after the commit.

Delivery is at least once: a worker that dies between the server's yes and noting it sends again, under the same
`Message-ID`, by which mail programs know the second copy.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parseaddr

import structlog
from sqlalchemy.orm import Session

from controlplane.core import clock
from controlplane.core.database import transaction
from controlplane.core.ids import new_id
from controlplane.core.queue import nudge
from controlplane.mail import repository, smtp
from controlplane.mail.message import Body, as_email, seal
from controlplane.mail.models import OutboxMessage
from controlplane.mail.rendering import render
from controlplane.mail.smtp import Unavailable
from controlplane.settings import settings

DELIVER = "controlplane.deliver_mail"
# Longer than all of a conversation's timeouts together: nobody else takes the message meanwhile.
LEASE = timedelta(minutes=5)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=1)
log = structlog.get_logger()


def send(
    session: Session,
    to: str,
    template: str,
    context: dict[str, object],
    kind: str,
    *,
    expires_at: datetime | None = None,
) -> OutboxMessage:
    """Write a mail of `controlplane/mail/templates/{template}.txt` and `.html`; it leaves after this commit.

    `expires_at` is when a secret in it (a link) ends: its body is then deleted, or as soon as the mail has left.
    """
    content, now, leaves, message_id = render(template, context), clock.now(), settings().sends_mail, new_id("msg")
    message = OutboxMessage(
        message_id=message_id,
        recipient=to,
        kind=kind,
        subject=content.subject,
        sealed_body=seal(message_id, Body(content.text, content.html)),
        body_until=expires_at,
        status="queued" if leaves else "kept",
        attempts=0,
        due_at=now if leaves else None,
        created_at=now,
    )
    session.add(message)
    if leaves:
        nudge(session, DELIVER)
    return message


def deliver_due() -> None:
    """Deliver what is due, one by one; after a failure of the server the rest waits for the next call.

    No transaction is open while a server is spoken to.
    """
    for message in _claimed():
        sender = settings().mail_from or ""
        try:
            _server().deliver(as_email(message, sender), parseaddr(sender)[1], message.recipient)
        except smtp.Refused as refusal:
            _settle(message, "failed", str(refusal))
        except Unavailable as problem:
            _settle(message, "queued", str(problem))
            break
        else:
            _settle(message, "sent", None)


def forget(session: Session) -> None:
    """Delete bodies whose secret has ended, and rows that are old."""
    now = clock.now()
    repository.forget_bodies(session, now)
    repository.delete_older(session, now - timedelta(days=settings().mail_keep_days))


def check_transport() -> str:
    """What the transport is, in words. Raises `Unavailable`."""
    if not settings().sends_mail:
        return "no transport; `controlplane outbox` and GET /api/v1/outbox show what would be sent"
    server = _server()
    server.check()
    return f"{server.host}:{server.port} answers; mail comes from {settings().mail_from}"


def _claimed() -> Iterator[OutboxMessage]:
    while settings().sends_mail:
        with transaction() as session:
            message = repository.claim(session, clock.now(), LEASE)
        if message is None:
            return
        yield message


def _settle(claimed: OutboxMessage, status: str, error: str | None) -> None:
    with transaction() as session:
        message = repository.locked(session, claimed.message_id, claimed.attempts)
        if message is None:
            # Somebody else has it by now: the lease was over before the server answered.
            return
        _note(message, status, error)
    log.info("mail", message_id=message.message_id, kind=message.kind, status=message.status, error=error)


def _note(message: OutboxMessage, status: str, error: str | None) -> None:
    now = clock.now()
    given_up = now - message.created_at >= timedelta(hours=settings().mail_give_up_hours)
    message.status = "failed" if status == "queued" and given_up else status
    message.error = error[:500] if error else None
    message.due_at = now + _wait(message.attempts) if message.status == "queued" else None
    message.sent_at = now if status == "sent" else None
    if message.status == "sent" and message.body_until is not None:
        message.sealed_body = message.body_until = None


def _wait(attempts: int) -> timedelta:
    doublings: int = 2 ** min(attempts - 1, 20)
    return min(_FIRST_WAIT * doublings, _LONGEST_WAIT)


def _server() -> smtp.Server:
    url = settings().smtp_url
    return smtp.Server.of(url.get_secret_value() if url else "")

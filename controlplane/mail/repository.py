"""Queries on the outbox."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from controlplane.auth import Principal
from controlplane.mail.models import OutboxMessage

# A link in them is as good as a password, and whoever reads them here need not be who the mailbox belongs to.
PRIVATE_KINDS = ("password_reset", "verify_email")


def visible_to(principal: Principal) -> Select[OutboxMessage]:
    """Everything for an operator; for anyone else the mail to their own, verified address."""
    query = select(OutboxMessage)
    if principal.operator:
        return query
    own = OutboxMessage.recipient == (principal.email if principal.email_verified else "")
    return query.where(own, OutboxMessage.kind.not_in(PRIVATE_KINDS))


def newest(session: Session, limit: int) -> Sequence[OutboxMessage]:
    query = select(OutboxMessage).order_by(OutboxMessage.message_id.desc()).limit(limit)
    return session.scalars(query).all()


def count_since(session: Session, recipient: str, kind: str, since: datetime) -> int:
    """How many mails of this kind were written to somebody."""
    query = select(func.count()).where(OutboxMessage.recipient == recipient, OutboxMessage.kind == kind)
    return session.scalar(query.where(OutboxMessage.created_at > since)) or 0


def claim(session: Session, now: datetime, lease: timedelta) -> OutboxMessage | None:
    """The message that is due first, for whoever asks first: until the lease ends nobody else gets it."""
    query = select(OutboxMessage).where(OutboxMessage.status == "queued", OutboxMessage.due_at <= now)
    message = session.scalar(query.order_by(OutboxMessage.due_at).limit(1).with_for_update(skip_locked=True))
    if message is not None:
        message.attempts += 1
        message.due_at = now + lease
    return message


def locked(session: Session, message_id: str, attempt: int) -> OutboxMessage | None:
    """The message, if `attempt` is still its last and it still waits for its outcome."""
    query = select(OutboxMessage).where(
        OutboxMessage.message_id == message_id, OutboxMessage.attempts == attempt, OutboxMessage.status == "queued"
    )
    return session.scalar(query.with_for_update())


def forget_bodies(session: Session, now: datetime) -> None:
    """Delete the bodies whose time is over; what has not left by then never will."""
    over = OutboxMessage.body_until <= now
    late = update(OutboxMessage).where(over, OutboxMessage.status == "queued")
    session.execute(late.values(status="failed", due_at=None, error="Its link expired before it could be delivered."))
    session.execute(update(OutboxMessage).where(over).values(sealed_body=None, body_until=None))


def delete_older(session: Session, created_before: datetime) -> None:
    session.execute(delete(OutboxMessage).where(OutboxMessage.created_at < created_before))

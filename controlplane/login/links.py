"""The links in mails: one use, one purpose, a time, and only the newest one works."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from controlplane.core import clock, tokens
from controlplane.login.models import MailToken
from controlplane.settings import settings
from controlplane.users import repository as users
from controlplane.users.models import User


class Purpose(StrEnum):
    VERIFY_EMAIL = "verify_email"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of a purpose


class Link(NamedTuple):
    url: str
    expires_at: datetime


_PAGES = {Purpose.VERIFY_EMAIL: "verify-email", Purpose.PASSWORD_RESET: "reset-password"}


def make(session: Session, user: User, purpose: Purpose) -> Link:
    """A new link for `user`; an older one of this purpose is void. It is in this return value only."""
    token, now = tokens.new_secret(), clock.now()
    expires_at = now + _lasting(purpose)
    fresh = {"digest": tokens.digest(token), "created_at": now, "expires_at": expires_at}
    row = insert(MailToken).values(user_id=user.user_id, purpose=purpose.value, **fresh)
    session.execute(row.on_conflict_do_update(index_elements=[MailToken.user_id, MailToken.purpose], set_=fresh))
    return Link(f"{settings().console_url}/{_PAGES[purpose]}?token={token}", expires_at)


def redeem(session: Session, token: str, purpose: Purpose) -> User | None:
    """The user a link was sent to, once; null for one that is unknown, used, replaced or over."""
    valid = (MailToken.digest == tokens.digest(token), MailToken.purpose == purpose.value)
    user_id = session.scalar(select(MailToken.user_id).where(*valid, MailToken.expires_at > clock.now()))
    # The user's row before the link's, as everywhere: who makes a link and who uses it cannot wait for each other.
    user = users.locked(session, user_id) if user_id else None
    used = session.scalar(delete(MailToken).where(*valid).returning(MailToken.user_id))
    return user if used else None


def is_waiting(session: Session, user_id: str, purpose: Purpose) -> bool:
    """Whether a link was sent that still works."""
    mine = (MailToken.user_id == user_id, MailToken.purpose == purpose.value, MailToken.expires_at > clock.now())
    return session.scalar(select(MailToken.digest).where(*mine)) is not None


def void(session: Session, user_id: str) -> None:
    """No link that was sent to the user works any more."""
    session.execute(delete(MailToken).where(MailToken.user_id == user_id))


def forget_expired(session: Session) -> None:
    session.execute(delete(MailToken).where(MailToken.expires_at <= clock.now()))


def _lasting(purpose: Purpose) -> timedelta:
    if purpose is Purpose.VERIFY_EMAIL:
        return timedelta(hours=settings().verification_link_hours)
    return timedelta(minutes=settings().password_reset_link_minutes)

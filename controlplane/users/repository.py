"""Queries on people."""

from collections.abc import Sequence

from sqlalchemy import exists, select, text
from sqlalchemy.orm import Session

from controlplane.users.models import User


def by_email(session: Session, email: str) -> User | None:
    """`email` in its stored, lower-case form."""
    return session.scalar(select(User).where(User.email == email))


def by_id(session: Session, user_id: str) -> User | None:
    return session.get(User, user_id)


def locked(session: Session, user_id: str) -> User | None:
    """As it is now, and nobody else changes it until this transaction ends."""
    query = select(User).where(User.user_id == user_id).with_for_update(key_share=True)
    return session.scalar(query.execution_options(populate_existing=True))


def still(session: Session, user: User) -> bool:
    """Whether the password is what it was when `user` was read; it stays so until this transaction ends."""
    query = select(User.password_hash).where(User.user_id == user.user_id).with_for_update(read=True)
    return session.scalar(query) == user.password_hash


def anybody(session: Session) -> bool:
    return bool(session.scalar(select(exists().where(User.user_id.is_not(None)))))


def lock_first(session: Session) -> None:
    """Until this transaction ends, nobody else becomes the first user."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('first user', 0))"))


def operators(session: Session) -> Sequence[User]:
    return session.scalars(select(User).where(User.operator).order_by(User.email)).all()

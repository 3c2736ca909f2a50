"""Queries on people."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from controlplane.users.models import User


def by_email(session: Session, email: str) -> User | None:
    """`email` in its stored, lower-case form."""
    return session.scalar(select(User).where(User.email == email))


def by_id(session: Session, user_id: str) -> User | None:
    return session.get(User, user_id)

"""Queries on memberships."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from controlplane.auth import Role
from controlplane.members.models import Member
from controlplane.users.models import User


def roles_of(session: Session, user_id: str) -> Mapping[str, Role]:
    """The user's role in each account, by account id."""
    query = select(Member.account_id, Member.role).where(Member.user_id == user_id).order_by(Member.account_id)
    return {account_id: Role(role) for account_id, role in session.execute(query)}


def role_in(session: Session, account_id: str, user_id: str) -> Role | None:
    query = select(Member.role).where(Member.account_id == account_id, Member.user_id == user_id)
    role = session.scalar(query)
    return Role(role) if role else None


def find(session: Session, account_id: str, user_id: str) -> tuple[Member, User] | None:
    """As they are now, whatever this session has read before."""
    query = _with_users(account_id).where(Member.user_id == user_id)
    row = session.execute(query.execution_options(populate_existing=True)).first()
    return (row[0], row[1]) if row else None


def by_email(session: Session, account_id: str, email: str) -> Member | None:
    row = session.execute(_with_users(account_id).where(User.email == email)).first()
    return row[0] if row else None


def count(session: Session, account_id: str, role: Role) -> int:
    query = select(func.count()).where(Member.account_id == account_id, Member.role == role.value)
    return session.scalar(query) or 0


def all_of(session: Session, account_id: str) -> Sequence[tuple[Member, User]]:
    return [(member, user) for member, user in session.execute(_with_users(account_id).order_by(Member.user_id))]


def of_account(session: Session, account_id: str, after: str | None, limit: int) -> Sequence[tuple[Member, User]]:
    """At most `limit` members behind `after` (a user id)."""
    query = _with_users(account_id)
    if after:
        query = query.where(Member.user_id > after)
    rows = session.execute(query.order_by(Member.user_id).limit(limit))
    return [(member, user) for member, user in rows]


def _with_users(account_id: str) -> Select[Member, User]:
    return select(Member, User).join(User, User.user_id == Member.user_id).where(Member.account_id == account_id)

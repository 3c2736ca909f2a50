"""Queries on memberships."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from controlplane.accounts.models import Account
from controlplane.auth import Role
from controlplane.members.models import Member
from controlplane.users.models import User

EdgeEntries = Iterator[tuple[str, dict[str, Any] | None]]
# A membership of somebody who owes the account a second factor is none.
_IN_EFFECT = or_(Account.require_second_factor.is_(False), User.second_factor_since.is_not(None))


@dataclass(frozen=True)
class Roles:
    """A user's role in each account, by account id; `dormant` are those that wait for them to enrol a second factor."""

    in_effect: Mapping[str, Role]
    dormant: Mapping[str, Role]


def roles_of(session: Session, user_id: str) -> Roles:
    rows = session.execute(_memberships().where(Member.user_id == user_id).order_by(Member.account_id)).all()
    return Roles(
        {account_id: Role(role) for _, account_id, role, in_effect in rows if in_effect},
        {account_id: Role(role) for _, account_id, role, in_effect in rows if not in_effect},
    )


def edge_entries(session: Session, account_id: str | None = None, user_id: str | None = None) -> EdgeEntries:
    """The `members` table of docs/wire.md, of one account, one user or all; null where it holds nothing."""
    query = _memberships()
    if account_id is not None:
        query = query.where(Member.account_id == account_id)
    if user_id is not None:
        query = query.where(Member.user_id == user_id)
    for user, account, role, in_effect in session.execute(query):
        yield f"{user}/{account}", {"role": role} if in_effect else None


def _memberships() -> Select[str, str, str, bool]:
    query = select(Member.user_id, Member.account_id, Member.role, _IN_EFFECT)
    query = query.join(Account, Account.account_id == Member.account_id)
    return query.join(User, User.user_id == Member.user_id)


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

"""Queries on memberships."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from controlplane.auth import Role
from controlplane.members.models import Member
from controlplane.users.models import User


def roles_of(session: Session, user_id: str) -> Mapping[str, Role]:
    """The user's role in each account, by account id."""
    query = select(Member.account_id, Member.role).where(Member.user_id == user_id).order_by(Member.account_id)
    return {account_id: Role(role) for account_id, role in session.execute(query)}


def of_account(session: Session, account_id: str, after: str | None, limit: int) -> Sequence[tuple[Member, User]]:
    """At most `limit` members behind `after` (a user id)."""
    query = select(Member, User).join(User, User.user_id == Member.user_id).where(Member.account_id == account_id)
    if after:
        query = query.where(Member.user_id > after)
    rows = session.execute(query.order_by(Member.user_id).limit(limit))
    return [(member, user) for member, user in rows]

"""Queries on accounts."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from controlplane.accounts.models import Account
from controlplane.auth import Principal


def visible_to(principal: Principal) -> Select[Account]:
    """The accounts this principal is a member of; every read starts here."""
    return select(Account).where(Account.account_id.in_(principal.account_ids), Account.deleted_at.is_(None))


def find(session: Session, principal: Principal, account_id: str) -> Account | None:
    return session.scalar(visible_to(principal).where(Account.account_id == account_id))


def all_visible_to(session: Session, principal: Principal) -> Sequence[Account]:
    return session.scalars(visible_to(principal).order_by(Account.account_id)).all()


def all_joined_by(session: Session, principal: Principal) -> Sequence[Account]:
    """With those where the principal's role gives no right before they enrol a second factor."""
    joined = Account.account_id.in_([*principal.account_ids, *principal.dormant])
    return session.scalars(
        select(Account).where(joined, Account.deleted_at.is_(None)).order_by(Account.account_id)
    ).all()


def count_created_by(session: Session, user_id: str) -> int:
    query = select(func.count()).where(Account.created_by == user_id, Account.deleted_at.is_(None))
    return session.scalar(query) or 0


def locked(session: Session, account_id: str) -> Account | None:
    """Whoever's it is, as it is now, unless it is deleted; nobody else changes it until this transaction ends."""
    query = select(Account).where(Account.account_id == account_id, Account.deleted_at.is_(None)).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def lock_creations_of(session: Session, user_id: str) -> None:
    """Until this transaction ends, nobody else creates accounts for this user: counting and adding are one step."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"accounts:{user_id}"})

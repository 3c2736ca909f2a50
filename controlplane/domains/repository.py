"""Queries on domains."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from controlplane.accounts.models import Account
from controlplane.audit.models import AuditEvent
from controlplane.domains.models import Domain
from controlplane.members.models import Member
from controlplane.sso_connections.models import SsoConnection


def of_account(account_id: str) -> Select[Domain]:
    """Ask only for an account the principal may see."""
    return select(Domain).where(Domain.account_id == account_id)


def find(session: Session, account_id: str, domain: str) -> Domain | None:
    return session.scalar(of_account(account_id).where(Domain.domain == domain))


def find_locked(session: Session, account_id: str, domain: str) -> Domain | None:
    query = of_account(account_id).where(Domain.domain == domain).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def count(session: Session, account_id: str) -> int:
    return session.scalar(select(func.count()).select_from(of_account(account_id).subquery())) or 0


def verified(session: Session, domain: str) -> Domain | None:
    """The claim of the one account that has proven to own it."""
    return session.scalar(select(Domain).where(Domain.domain == domain, Domain.verified_at.is_not(None)))


def has_verified(session: Session, account_id: str) -> bool:
    query = of_account(account_id).where(Domain.verified_at.is_not(None))
    return session.scalar(select(query.exists())) or False


def required_connection(session: Session, domain: str) -> SsoConnection | None:
    """The connection through which everybody of this domain has to sign in."""
    query = select(SsoConnection).join(Domain, Domain.sso_connection_id == SsoConnection.connection_id)
    return session.scalar(query.where(Domain.domain == domain, Domain.verified_at.is_not(None), Domain.sso_required))


def due(session: Session, checked_before: datetime) -> Sequence[tuple[str, str]]:
    """Account id and domain of verified claims that were last looked at before."""
    query = select(Domain.account_id, Domain.domain).where(
        Domain.verified_at.is_not(None), or_(Domain.checked_at.is_(None), Domain.checked_at < checked_before)
    )
    return [(account_id, domain) for account_id, domain in session.execute(query.order_by(Domain.checked_at).limit(50))]


def joinable(session: Session, user_id: str, domain: str) -> tuple[Domain, Account] | None:
    """The account of this domain that lets its people in, if the user is not in it and was not removed from it."""
    query = select(Domain, Account).join(Account, Account.account_id == Domain.account_id)
    query = query.where(Domain.domain == domain, Domain.verified_at.is_not(None), Domain.join_mode != "none")
    member = select(Member).where(Member.account_id == Domain.account_id, Member.user_id == user_id).exists()
    # Whom an administrator has removed comes back by invitation, not by the open door.
    removed = select(AuditEvent).where(
        AuditEvent.account_id == Domain.account_id, AuditEvent.action == "member.remove", AuditEvent.target == user_id
    )
    row = session.execute(query.where(Account.deleted_at.is_(None), ~member, ~removed.exists())).first()
    return (row[0], row[1]) if row else None

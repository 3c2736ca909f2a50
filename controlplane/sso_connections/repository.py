"""Queries on identity providers."""

from collections.abc import Sequence

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from controlplane.sso_connections.models import SsoConnection


def plane_wide() -> Select[SsoConnection]:
    return select(SsoConnection).where(SsoConnection.account_id.is_(None))


def of_account(account_id: str) -> Select[SsoConnection]:
    """Ask only for an account the principal may see."""
    return select(SsoConnection).where(SsoConnection.account_id == account_id)


def offered(session: Session) -> Sequence[SsoConnection]:
    """What the sign-in page shows: the plane's own, switched on."""
    query = plane_wide().where(SsoConnection.enabled).order_by(SsoConnection.connection_id)
    return session.scalars(query).all()


def by_provider(session: Session, provider: str) -> SsoConnection | None:
    return session.scalar(select(SsoConnection).where(SsoConnection.provider == provider))


def enabled(session: Session, provider: str) -> SsoConnection | None:
    return session.scalar(select(SsoConnection).where(SsoConnection.provider == provider, SsoConnection.enabled))


def usable_by(session: Session, account_id: str, connection_id: str) -> SsoConnection | None:
    """A connection that is switched on and the account's own or the plane's."""
    theirs = or_(SsoConnection.account_id == account_id, SsoConnection.account_id.is_(None))
    query = select(SsoConnection).where(SsoConnection.connection_id == connection_id, SsoConnection.enabled, theirs)
    return session.scalar(query)


def enabled_of_kind(session: Session, kind: str) -> Sequence[SsoConnection]:
    """The plane's own of one kind."""
    return session.scalars(plane_wide().where(SsoConnection.kind == kind, SsoConnection.enabled)).all()


def count(session: Session, account_id: str) -> int:
    return session.scalar(select(func.count()).select_from(of_account(account_id).subquery())) or 0

"""Queries on identities and attempts."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from controlplane.login.models import AccessToken, LoginSession
from controlplane.sso.models import Identity, SsoAttempt
from controlplane.sso_connections.models import SsoConnection
from controlplane.users.models import User


def identity(session: Session, connection_id: str, subject: str) -> tuple[Identity, User] | None:
    query = select(Identity, User).join(User, User.user_id == Identity.user_id)
    row = session.execute(query.where(Identity.connection_id == connection_id, Identity.subject == subject)).first()
    return (row[0], row[1]) if row else None


def identities_of(session: Session, user_id: str) -> Sequence[tuple[Identity, SsoConnection]]:
    query = select(Identity, SsoConnection).join(SsoConnection, SsoConnection.connection_id == Identity.connection_id)
    rows = session.execute(query.where(Identity.user_id == user_id).order_by(Identity.identity_id))
    return [(one, connection) for one, connection in rows]


def has_been_seen(session: Session, digest: str) -> bool:
    """Whether an access token is or was known, revoked ones included."""
    return session.scalar(select(AccessToken.token_id).where(AccessToken.digest == digest)) is not None


def session_of_client(session: Session, user_id: str, client: str) -> LoginSession | None:
    """It does not end before this transaction does: whoever ends it also finds the tokens that this one adds."""
    query = select(LoginSession).where(LoginSession.user_id == user_id, LoginSession.client == client)
    query = query.order_by(LoginSession.session_id.desc()).limit(1).with_for_update(read=True)
    return session.scalar(query.execution_options(populate_existing=True))


def take(session: Session, digest: str, browser_digest: str, now: datetime) -> SsoAttempt | None:
    """The attempt, which is gone with this: two that come at once get it once."""
    mine = delete(SsoAttempt).where(
        SsoAttempt.digest == digest, SsoAttempt.browser_digest == browser_digest, SsoAttempt.expires_at > now
    )
    return session.scalars(mine.returning(SsoAttempt)).one_or_none()


def delete_attempts(session: Session, expired_before: datetime) -> None:
    session.execute(delete(SsoAttempt).where(SsoAttempt.expires_at < expired_before))

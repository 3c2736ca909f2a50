"""Queries on codes and on the tokens that come of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from controlplane.environments.models import Environment
from controlplane.login.models import AccessToken, LoginSession
from controlplane.ui_sessions.models import UiCode
from controlplane.users.models import User


def take_code(session: Session, digest: str, environment_id: str, now: datetime) -> str | None:
    """The login session of the code, which is gone now: of two who bring it at once, one finds it."""
    query = delete(UiCode).where(UiCode.digest == digest, UiCode.environment_id == environment_id)
    row = session.execute(query.returning(UiCode.session_id, UiCode.expires_at)).first()
    return row.session_id if row is not None and row.expires_at > now else None


def forget_codes(session: Session, session_id: str, environment_id: str) -> None:
    query = delete(UiCode).where(UiCode.session_id == session_id, UiCode.environment_id == environment_id)
    session.execute(query)


def forget_expired(session: Session, now: datetime) -> None:
    session.execute(delete(UiCode).where(UiCode.expires_at <= now))


def login(session: Session, session_id: str) -> tuple[LoginSession, User] | None:
    """Under lock, so that a session cannot end while something of it begins."""
    query = select(LoginSession, User).join(User, User.user_id == LoginSession.user_id)
    query = query.where(LoginSession.session_id == session_id, LoginSession.revoked_at.is_(None))
    row = session.execute(query.with_for_update(of=LoginSession)).first()
    return (row[0], row[1]) if row else None


def of_runner(session: Session, runner_id: str, environment_id: str) -> Environment | None:
    query = select(Environment).where(
        Environment.environment_id == environment_id,
        Environment.runner_id == runner_id,
        Environment.purged_at.is_(None),
    )
    return session.scalars(query).one_or_none()


def revoke_older(session: Session, session_id: str, environment_id: str, keep: int, now: datetime) -> Sequence[str]:
    """Leave the session its last `keep` tokens of this kind; the digests of the others."""
    mine = select(AccessToken.token_id).where(
        AccessToken.session_id == session_id,
        AccessToken.environment_id == environment_id,
        AccessToken.revoked_at.is_(None),
        AccessToken.expires_at > now,
    )
    older = mine.order_by(AccessToken.created_at.desc(), AccessToken.token_id.desc()).offset(keep)
    query = update(AccessToken).where(AccessToken.token_id.in_(older)).values(revoked_at=now)
    return session.scalars(query.returning(AccessToken.digest)).all()


def live_tokens(
    session: Session, token_ids: Iterable[str], now: datetime
) -> Sequence[tuple[AccessToken, LoginSession]]:
    """Those of engine UIs that are good now, in an order in which two callers cannot wait for each other."""
    query = select(AccessToken, LoginSession).join(LoginSession, LoginSession.session_id == AccessToken.session_id)
    query = query.where(
        AccessToken.token_id.in_(list(token_ids)),
        AccessToken.environment_id.is_not(None),
        AccessToken.revoked_at.is_(None),
        AccessToken.expires_at > now,
        LoginSession.revoked_at.is_(None),
    )
    rows = session.execute(query.order_by(AccessToken.token_id).with_for_update(of=AccessToken))
    return [(row[0], row[1]) for row in rows]

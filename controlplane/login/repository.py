"""Queries on sessions and access tokens."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from controlplane.login.models import AccessToken, LoginSession, MailToken
from controlplane.members.models import Member
from controlplane.users.models import User


def session_with_user(session: Session, digest: str) -> tuple[LoginSession, User] | None:
    query = select(LoginSession, User).join(User, User.user_id == LoginSession.user_id)
    row = session.execute(query.where(LoginSession.digest == digest, LoginSession.revoked_at.is_(None))).first()
    return (row[0], row[1]) if row else None


def token_with_user(session: Session, digest: str) -> tuple[AccessToken, LoginSession | None, User] | None:
    query = select(AccessToken, LoginSession, User).join(User, User.user_id == AccessToken.user_id)
    query = query.outerjoin(LoginSession, LoginSession.session_id == AccessToken.session_id)
    # Those of engine UIs are for edges only.
    query = query.where(AccessToken.environment_id.is_(None))
    row = session.execute(query.where(AccessToken.digest == digest, AccessToken.revoked_at.is_(None))).first()
    return (row[0], row[1], row[2]) if row else None


def touch(session: Session, session_id: str, at: datetime) -> None:
    """Note the session's use, unless another request is about to: no request waits for another one only for this."""
    free = select(LoginSession.session_id).where(LoginSession.session_id == session_id)
    query = update(LoginSession).where(LoginSession.session_id.in_(free.with_for_update(skip_locked=True)))
    session.execute(query.values(last_used_at=at), execution_options={"synchronize_session": False})


def revoke_session(session: Session, session_id: str, at: datetime) -> None:
    query = update(LoginSession).where(LoginSession.session_id == session_id, LoginSession.revoked_at.is_(None))
    session.execute(query.values(revoked_at=at))


def revoke_tokens(session: Session, session_id: str, at: datetime) -> Sequence[str]:
    """Revoke the session's access tokens; the digests of those that were valid until now."""
    return _revoke_tokens(session, at, AccessToken.session_id == session_id)


def revoke_sessions_of(session: Session, user_id: str, besides: str | None, at: datetime) -> Sequence[str]:
    query = update(LoginSession).where(LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
    query = query.where(LoginSession.session_id.is_distinct_from(besides))
    return session.scalars(query.values(revoked_at=at).returning(LoginSession.session_id)).all()


def revoke_tokens_of(session: Session, user_id: str, besides: str | None, at: datetime) -> Sequence[str]:
    """As `revoke_tokens`, for all of a user but those of the session `besides`."""
    others = or_(AccessToken.session_id.is_(None), AccessToken.session_id != (besides or ""))
    return _revoke_tokens(session, at, AccessToken.user_id == user_id, others)


def _revoke_tokens(session: Session, at: datetime, *which: ColumnElement[bool]) -> Sequence[str]:
    """In an order in which two callers cannot wait for each other: edges tell of the use of some (`ui_sessions`)."""
    valid = select(AccessToken.token_id).where(*which, AccessToken.revoked_at.is_(None))
    locked = session.scalars(valid.order_by(AccessToken.token_id).with_for_update()).all()
    query = update(AccessToken).where(AccessToken.token_id.in_(locked)).values(revoked_at=at)
    return session.scalars(query.returning(AccessToken.digest)).all()


def living(user_id: str, now: datetime, idle_since: datetime) -> Select[LoginSession]:
    """The user's sessions that can still be used, by a cookie or by an access token."""
    has_token = exists().where(
        AccessToken.session_id == LoginSession.session_id,
        AccessToken.revoked_at.is_(None),
        AccessToken.expires_at > now,
    )
    in_use = and_(LoginSession.expires_at > now, LoginSession.last_used_at > idle_since, LoginSession.kind == "browser")
    own = select(LoginSession).where(LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
    return own.where(or_(in_use, has_token))


def own_session(session: Session, user_id: str, session_id: str) -> LoginSession | None:
    query = select(LoginSession).where(LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
    return session.scalar(query.where(LoginSession.session_id == session_id).with_for_update())


def has_signed_in_from(session: Session, email: str, address: str | None) -> bool:
    """Whether the user has, or lately had, a session that began at this network address."""
    query = select(LoginSession.session_id).join(User, User.user_id == LoginSession.user_id)
    return session.scalar(query.where(User.email == email, LoginSession.address == address).limit(1)) is not None


def delete_tokens(session: Session, ended_before: datetime) -> Sequence[str]:
    """Delete access tokens that expired or were revoked before; their digests."""
    over = or_(AccessToken.expires_at < ended_before, AccessToken.revoked_at < ended_before)
    return session.scalars(delete(AccessToken).where(over).returning(AccessToken.digest)).all()


def delete_sessions(session: Session, ended_before: datetime, idle_since: datetime) -> None:
    """Delete sessions that are over and have no access token left."""
    over = or_(
        LoginSession.expires_at < ended_before,
        LoginSession.revoked_at < ended_before,
        LoginSession.last_used_at < idle_since,
    )
    in_use = exists().where(AccessToken.session_id == LoginSession.session_id)
    session.execute(delete(LoginSession).where(over, ~in_use))


def delete_unconfirmed(session: Session, created_before: datetime) -> None:
    """Delete users whose address nobody confirmed and who are waiting for no link; they own nothing."""
    used = [exists().where(kind.user_id == User.user_id) for kind in (MailToken, LoginSession, Member)]
    session.execute(delete(User).where(User.verified_at.is_(None), User.created_at < created_before, ~or_(*used)))

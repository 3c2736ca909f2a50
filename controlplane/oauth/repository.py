"""Queries on authorization codes and device requests."""

from datetime import datetime

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from controlplane.login.models import AccessToken, LoginSession
from controlplane.oauth.models import AuthorizationCode, DeviceRequest
from controlplane.users.models import User


def code_locked(session: Session, digest: str) -> AuthorizationCode | None:
    """Until this transaction ends nobody else redeems it."""
    return session.scalar(select(AuthorizationCode).where(AuthorizationCode.digest == digest).with_for_update())


def device_locked(session: Session, device_digest: str) -> DeviceRequest | None:
    return session.scalar(select(DeviceRequest).where(DeviceRequest.device_digest == device_digest).with_for_update())


def by_user_code(session: Session, user_code_digest: str, now: datetime) -> DeviceRequest | None:
    """The request that waits, or waited, with this code and has not expired; locked."""
    query = select(DeviceRequest).where(DeviceRequest.user_code_digest == user_code_digest)
    return session.scalar(query.where(DeviceRequest.expires_at > now).with_for_update())


def open_requests(session: Session, network: str, now: datetime) -> tuple[int, datetime | None]:
    """How many undecided requests a network has, and when the first of them expires.

    Until this transaction ends nobody adds one for this network: counting and adding are one step.
    """
    key = {"key": f"device requests:{network}"}
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), key)
    query = select(func.count(), func.min(DeviceRequest.expires_at)).where(
        DeviceRequest.network == network,
        DeviceRequest.expires_at > now,
        DeviceRequest.decision.is_(None),
    )
    count, first = session.execute(query).one()
    return count, first


def living_session(session: Session, session_id: str | None, now: datetime) -> User | None:
    """Whose login session it is; null when it has ended.

    It does not end before this transaction does: whoever ends all sessions also finds what comes of this one.
    """
    query = (
        select(User)
        .join(LoginSession, LoginSession.user_id == User.user_id)
        .with_for_update(read=True, of=LoginSession)
    )
    return session.scalar(
        query.where(
            LoginSession.session_id == session_id, LoginSession.revoked_at.is_(None), LoginSession.expires_at > now
        )
    )


def session_of_token(session: Session, digest: str) -> LoginSession | None:
    """The login session of an access token that is neither revoked nor forgotten."""
    query = select(LoginSession).join(AccessToken, AccessToken.session_id == LoginSession.session_id)
    return session.scalar(query.where(AccessToken.digest == digest, AccessToken.revoked_at.is_(None)))


def delete_expired(session: Session, codes_before: datetime, requests_before: datetime) -> None:
    session.execute(delete(AuthorizationCode).where(AuthorizationCode.expires_at < codes_before))
    session.execute(delete(DeviceRequest).where(DeviceRequest.expires_at < requests_before))

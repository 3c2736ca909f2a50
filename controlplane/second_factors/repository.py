"""Queries on second factors. Each begins at a user, except that of a passkey that says itself whose it is."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from controlplane.second_factors.models import Passkey, PasskeyChallenge, RecoveryCode, Totp
from controlplane.users.models import User


def user_locked(session: Session, user_id: str) -> User:
    """As they are now; nobody else changes their factors until this transaction ends, while they may sign in."""
    query = select(User).where(User.user_id == user_id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def totp(session: Session, user_id: str) -> Totp | None:
    return session.get(Totp, user_id, populate_existing=True)


def take_step(session: Session, user_id: str, step: int) -> bool:
    """Whether the code of this time step is the first of it, or of a later one; of two at once, one is."""
    query = update(Totp).where(Totp.user_id == user_id, Totp.confirmed_at.is_not(None))
    query = query.where(or_(Totp.last_step.is_(None), Totp.last_step < step))
    return session.execute(query.values(last_step=step).returning(Totp.user_id)).first() is not None


def take_recovery_code(session: Session, user_id: str, digest: str, at: datetime) -> bool:
    """Whether this is an unused code of theirs; of two at once, one is."""
    query = update(RecoveryCode).where(RecoveryCode.user_id == user_id, RecoveryCode.digest == digest)
    query = query.where(RecoveryCode.used_at.is_(None)).values(used_at=at)
    return session.execute(query.returning(RecoveryCode.digest)).first() is not None


def recovery_codes_left(session: Session, user_id: str) -> int:
    query = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return session.scalar(query) or 0


def delete_factors(session: Session, user_id: str) -> None:
    for kind in (Totp, Passkey, RecoveryCode):
        session.execute(delete(kind).where(kind.user_id == user_id))


def delete_recovery_codes(session: Session, user_id: str) -> None:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def passkeys(session: Session, user_id: str) -> Sequence[Passkey]:
    """Oldest first."""
    return session.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.passkey_id)).all()


def passkey(session: Session, user_id: str, passkey_id: str) -> Passkey | None:
    return session.scalar(select(Passkey).where(Passkey.user_id == user_id, Passkey.passkey_id == passkey_id))


def passkey_locked(session: Session, credential_id: bytes) -> Passkey | None:
    """Whoever's it is: the credential's own identifier, 16 random bytes or more, is what is looked for."""
    query = select(Passkey).where(Passkey.credential_id == credential_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def take_challenge(session: Session, digest: str, now: datetime) -> bool:
    """Whether the challenge waits; from now on it does not."""
    query = delete(PasskeyChallenge).where(PasskeyChallenge.digest == digest, PasskeyChallenge.expires_at > now)
    return session.execute(query.returning(PasskeyChallenge.digest)).first() is not None


def delete_challenges(session: Session, expired_before: datetime) -> None:
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < expired_before))

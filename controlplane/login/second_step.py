"""The second step of signing in. Every first step ends in `sign_in_or_challenge`; no session begins elsewhere.

Who has a second factor gets a challenge instead of a session: random, kept as a digest, bound to the user and their
first step. It survives a few wrong answers, so that one may mistype, and ends with a right one.
"""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.core import clock, tokens
from controlplane.core.errors import ApplicationError
from controlplane.login import sessions, throttle
from controlplane.login.errors import ChallengeOver, SecondFactorRequired, WrongSecondFactor
from controlplane.login.models import SignInChallenge
from controlplane.login.sessions import SignedIn
from controlplane.second_factors import notices
from controlplane.second_factors import service as factors
from controlplane.second_factors.ceremonies import Json
from controlplane.second_factors.errors import PasskeyChallengeOver, PasskeyRefused, WrongCode
from controlplane.second_factors.service import PASSKEY, Proof
from controlplane.users import repository as users
from controlplane.users.models import User

LASTING = timedelta(minutes=10)
TRIES = 5


def sign_in_or_challenge(
    session: Session, user: User, method: str, user_agent: str | None, action: str = "auth.login"
) -> SignedIn | SecondFactorRequired:
    """A session for who has proven to be `user` by `method`, unless a second factor is to be asked for.

    The refusal is returned, not raised: its challenge is in this transaction, which must then commit.
    """
    methods = factors.methods(session, user)
    if user.second_factor_since is None:
        return sessions.sign_in(session, user, method, user_agent, action)
    challenge, now = tokens.new_secret(), clock.now()
    row = SignInChallenge(
        digest=tokens.digest(challenge),
        user_id=user.user_id,
        method=method,
        action=action,
        failures=0,
        created_at=now,
        expires_at=now + LASTING,
    )
    session.add(row)
    audit.record(session, None, "auth.challenge", user.user_id, details={"method": method})
    return SecondFactorRequired(challenge, methods, int(LASTING.total_seconds()))


def passkey_options(session: Session, challenge: str, origin: str | None) -> Json:
    """For the passkey that answers `challenge`. Raises `ChallengeOver`, `NoSuchFactor`, `PasskeysNeedAHostName`."""
    row, user = _found(session, challenge)
    return factors.passkey_options(session, user, row.digest, origin)


def finish(session: Session, challenge: str, proof: Proof, user_agent: str | None) -> SignedIn | ApplicationError:
    """A session for who proves the second factor, too. A refusal is returned: its count must commit.

    Raises `ChallengeOver`, `TooManyRequests`, `NoSuchFactor`, `PasskeysNeedAHostName`.
    """
    row, user = _found(session, challenge)
    if proof.method != PASSKEY:
        throttle.check(session, _subject(user), everywhere=1)
    try:
        factors.prove(session, user, row.digest, proof)
    except (WrongCode, PasskeyRefused, PasskeyChallengeOver) as refusal:
        return _refused(session, row, user, proof, refusal)
    session.delete(row)
    throttle.succeeded(session, _subject(user))
    return sessions.sign_in(session, user, f"{row.method}+{proof.method}", user_agent, row.action)


def forget(session: Session, user_id: str) -> None:
    """End what others may have begun in the user's name: their password is not what it was."""
    session.execute(delete(SignInChallenge).where(SignInChallenge.user_id == user_id))


def forget_expired(session: Session) -> None:
    session.execute(delete(SignInChallenge).where(SignInChallenge.expires_at <= clock.now()))


def _found(session: Session, challenge: str) -> tuple[SignInChallenge, User]:
    """Under lock: of two answers at once, the second sees what became of the first."""
    query = select(SignInChallenge).where(SignInChallenge.digest == tokens.digest(challenge)).with_for_update()
    row = session.scalar(query)
    user = users.by_id(session, row.user_id) if row else None
    if row is None or user is None or row.expires_at <= clock.now() or row.failures >= TRIES:
        raise ChallengeOver
    return row, user


def _refused(
    session: Session, row: SignInChallenge, user: User, proof: Proof, refusal: ApplicationError
) -> WrongSecondFactor:
    row.failures += 1
    counted = throttle.failed(session, _subject(user) if proof.method != PASSKEY else None)
    details, refused = {"method": proof.method}, audit.Result.REFUSED
    audit.record(session, None, "auth.second_factor_failed", user.user_id, details=details, result=refused)
    # Also for who begins anew before each guess.
    if TRIES in (row.failures, counted):
        notices.warn(session, user, TRIES)
    return WrongSecondFactor(refusal.message, TRIES - row.failures)


def _subject(user: User) -> str:
    """Counted by itself: the right password must not make room for more guesses of the code."""
    return f"second factor of {user.user_id}"

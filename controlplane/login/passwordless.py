"""Signing in with a passkey alone: it is what one has, and its user verification what one knows or is."""

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.core import tokens
from controlplane.core.errors import ApplicationError
from controlplane.domains import people as domains
from controlplane.login import sessions, throttle
from controlplane.login.sessions import SignedIn
from controlplane.second_factors import assertions
from controlplane.second_factors.ceremonies import Json, Purpose
from controlplane.second_factors.errors import PasskeyChallengeOver, PasskeyRefused
from controlplane.second_factors.relying_party import relying_party
from controlplane.users import repository as users


def begin(session: Session, origin: str | None) -> tuple[str, Json]:
    """A challenge of the attempt, and the options for `navigator.credentials.get`.

    Raises `PasskeysNeedAHostName`, `TooManyRequests`.
    """
    throttle.check(session)
    challenge = tokens.new_secret()
    return challenge, assertions.options(session, Purpose.LOGIN, challenge, relying_party(origin))


def log_in(
    session: Session, challenge: str, credential: Json, origin: str | None, user_agent: str | None
) -> SignedIn | ApplicationError:
    """A session for the passkey's user, of whom no second factor is asked. A refusal is returned: it must commit.

    Raises `PasskeysNeedAHostName`, `TooManyRequests`.
    """
    throttle.check(session)
    party = relying_party(origin)
    try:
        passkey = assertions.prove(session, Purpose.LOGIN, challenge, credential, party)
    except (PasskeyRefused, PasskeyChallengeOver) as refusal:
        throttle.failed(session)
        details, refused = {"method": "passkey"}, audit.Result.REFUSED
        audit.record(session, None, "auth.login_failed", "unknown", details=details, result=refused)
        return refusal
    user = users.by_id(session, passkey.user_id)
    assert user is not None  # noqa: S101 - the passkey's row refers to it
    return domains.password_login_refused(session, user.email) or sessions.sign_in(session, user, "passkey", user_agent)

"""Signing up, in and out: sessions for browsers, access tokens for programs and the edges."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core import clock, request_context, tokens
from controlplane.core.ids import new_id
from controlplane.core.schema import rfc3339
from controlplane.edge_log import Table, publish
from controlplane.login import passwords, repository, throttle
from controlplane.login.models import AccessToken, LoginSession
from controlplane.settings import settings
from controlplane.users import repository as users
from controlplane.users import service as user_service
from controlplane.users.models import User

# How long what has ended stays to be looked at.
_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class SignedIn:
    """`access_token` and `cookie` are shown this once; only their digests are kept."""

    user: User
    access_token: str
    expires_at: datetime
    cookie: str


def sign_up(session: Session, email: str, password: str, name: str | None, user_agent: str | None) -> SignedIn:
    """A new user, signed in. Raises `EmailTaken`, `TooManyRequests`."""
    throttle.check(session)
    user = user_service.create(session, email, name, passwords.hashed(password))
    return _signed_in(session, user, user_agent, "auth.signup")


def note_taken_email(session: Session) -> None:
    """Asking for addresses that are taken counts as failing: nobody lists our users this way."""
    throttle.failed(session)


def log_in(session: Session, email: str, password: str, user_agent: str | None) -> SignedIn | None:
    """Null when address or password is wrong; the failure is counted in this transaction, which must then commit.

    Raises `TooManyRequests`, whatever the password.
    """
    throttle.check(session, email)
    user = users.by_email(session, email)
    if not passwords.matches(password, user.password_hash if user else None) or user is None:
        throttle.failed(session, email)
        audit.record(session, None, "auth.login_failed", user.user_id if user else "unknown")
        return None
    throttle.succeeded(session, email)
    return _signed_in(session, user, user_agent, "auth.login")


def log_out(session: Session, by: Principal, session_id: str | None) -> None:
    """End the session: its cookie and every access token of it are worthless from this commit on."""
    if session_id is None:
        return
    repository.revoke_session(session, session_id, clock.now())
    for digest in repository.revoke_tokens(session, session_id, clock.now()):
        publish(session, Table.PRINCIPALS, digest, None)
    audit.record(session, by, "auth.logout", session_id)


def issue_access_token(session: Session, user_id: str, session_id: str | None) -> tuple[str, datetime]:
    """A new access token, known to the edges with this commit, and when it expires."""
    token_id, now = new_id("tok"), clock.now()
    expires_at = (now + timedelta(hours=settings().access_token_hours)).replace(microsecond=0)
    token = tokens.new_access_token(user_id, token_id, expires_at, settings().console_url)
    row = AccessToken(
        token_id=token_id,
        user_id=user_id,
        session_id=session_id,
        digest=tokens.digest(token),
        created_at=now,
        expires_at=expires_at,
    )
    session.add(row)
    publish(session, Table.PRINCIPALS, row.digest, edge_entry(row))
    return token, expires_at


def forget_expired(session: Session) -> None:
    """Delete what ended a day ago or more; the edges forget those access tokens too."""
    ended_before = clock.now() - _KEPT
    for digest in repository.delete_tokens(session, ended_before):
        publish(session, Table.PRINCIPALS, digest, None)
    repository.delete_sessions(session, ended_before, ended_before - timedelta(hours=settings().session_idle_hours))
    throttle.forget_expired(session)


def edge_entry(token: AccessToken) -> dict[str, Any]:
    """What the edges know of an access token (docs/wire.md, `principals`)."""
    return {"kind": "user", "userId": token.user_id, "expiresAt": rfc3339(token.expires_at)}


def _signed_in(session: Session, user: User, user_agent: str | None, action: str) -> SignedIn:
    session_id = new_id("ses")
    cookie = _open_session(session, user, session_id, user_agent)
    token, expires_at = issue_access_token(session, user.user_id, session_id)
    by = Principal(user.user_id, user.email, session_id, {})
    audit.record(session, by, action, user.user_id)
    return SignedIn(user, token, expires_at, cookie)


def _open_session(session: Session, user: User, session_id: str, user_agent: str | None) -> str:
    cookie, now = f"{session_id}.{tokens.new_secret()}", clock.now()
    session.add(
        LoginSession(
            session_id=session_id,
            user_id=user.user_id,
            digest=tokens.digest(cookie),
            created_at=now,
            last_used_at=now,
            expires_at=now + timedelta(days=settings().session_absolute_days),
            user_agent=user_agent[:200] if user_agent else None,
            address=request_context.address.get(),
        )
    )
    # Written now: the access token's row refers to it.
    session.flush()
    return cookie

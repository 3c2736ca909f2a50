"""Signing up, in and out with e-mail and password."""

from datetime import timedelta

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core import clock, tokens
from controlplane.core.errors import ApplicationError
from controlplane.edge_log import Table, publish
from controlplane.login import passwords, repository, second_step, sessions, throttle
from controlplane.login.errors import WrongCredentials
from controlplane.login.sessions import SignedIn
from controlplane.second_factors import service as second_factors
from controlplane.settings import settings
from controlplane.users import repository as users
from controlplane.users import service as user_service
from controlplane.users.models import User

# How long what has ended stays to be looked at.
_KEPT = timedelta(days=1)


def sign_up(
    session: Session, email: str, password: str, name: str | None, user_agent: str | None
) -> SignedIn | ApplicationError:
    """A new user, signed in. Raises `EmailTaken`, `TooManyRequests`."""
    throttle.check(session)
    user = user_service.create(session, email, name, passwords.hashed(password))
    return admit(session, user, "password", user_agent, "auth.signup")


def note_taken_email(session: Session) -> None:
    """Asking for addresses that are taken counts as failing: nobody lists our users this way."""
    throttle.failed(session)


def log_in(session: Session, email: str, password: str, user_agent: str | None) -> SignedIn | ApplicationError:
    """A refusal is returned, not raised: what was counted for it is in this transaction, which must then commit.

    Raises `TooManyRequests`, whatever the password.
    """
    throttle.check(session, email)
    user = users.by_email(session, email)
    if not passwords.matches(password, user.password_hash if user else None) or user is None:
        throttle.failed(session, email)
        audit.record(session, None, "auth.login_failed", user.user_id if user else "unknown")
        return WrongCredentials()
    throttle.succeeded(session, email)
    return admit(session, user, "password", user_agent)


def admit(
    session: Session, user: User, method: str, user_agent: str | None, action: str = "auth.login"
) -> SignedIn | ApplicationError:
    """The one door for somebody who has proven to be `user` by `method`: a session, or what is still asked for."""
    return second_step.sign_in_or_challenge(session, user, method, user_agent, action)


def end_presented(session: Session, cookie: str | None) -> None:
    """End the session of a cookie that a request brought along, if it is one."""
    found = repository.session_with_user(session, tokens.digest(cookie)) if cookie else None
    if found is not None:
        sessions.end(session, found[0].session_id)


def log_out(session: Session, by: Principal, session_id: str | None) -> None:
    """End the session: its cookie and every access token of it are worthless from this commit on."""
    if session_id is None:
        return
    sessions.end(session, session_id)
    audit.record(session, by, "auth.logout", session_id)


def forget_expired(session: Session) -> None:
    """Delete what ended a day ago or more; the edges forget those access tokens too."""
    ended_before = clock.now() - _KEPT
    for digest in repository.delete_tokens(session, ended_before):
        publish(session, Table.PRINCIPALS, digest, None)
    repository.delete_sessions(session, ended_before, ended_before - timedelta(hours=settings().session_idle_hours))
    throttle.forget_expired(session)
    second_step.forget_expired(session)
    second_factors.forget_expired(session)

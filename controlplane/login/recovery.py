"""Passwords: a new one for who forgot theirs, another for who knows it, a first one for who never had one."""

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal, RecentSignInRequired, is_recent
from controlplane.core.errors import ApplicationError
from controlplane.domains import service as domains
from controlplane.login import letters, links, passwords, second_step, sessions, throttle, verification
from controlplane.login.errors import LinkInvalid, PasswordRefused, WrongPassword
from controlplane.login.links import Purpose
from controlplane.users import repository as users
from controlplane.users.models import User

# What was counted for it is in the transaction, which must then commit.
Refusal = ApplicationError | None


def ask(session: Session, email: str) -> None:
    """Mail a link, or that nobody has this address: as much work either way. Raises `TooManyRequests`."""
    throttle.check(session)
    throttle.count_mail(session, email, "password reset")
    user = users.by_email(session, email)
    audit.record(session, None, "user.ask_password_reset", user.user_id if user else "unknown")
    if user is None:
        letters.no_user(session, email)
    else:
        letters.link(session, user, Purpose.PASSWORD_RESET)


def reset(session: Session, token: str, password: str) -> Refusal:
    """Set a password by a link: everything that is signed in as the user is signed out, here and at the edges.

    A refusal is returned when something was counted for it. Raises `PasswordRefused`, `SsoRequired` (the link goes on
    working), `TooManyRequests`.
    """
    throttle.check(session)
    user = links.redeem(session, token, Purpose.PASSWORD_RESET)
    if user is None:
        throttle.failed(session)
        return LinkInvalid()
    _set(session, user, password)
    sessions.end_all(session, user.user_id)
    # Whoever reads the mailbox has the address.
    verification.confirm(session, user)
    audit.record(session, None, "user.reset_password", user.user_id)
    return None


def change(
    session: Session, by: Principal, user: User, session_id: str | None, current: str | None, password: str
) -> Refusal:
    """Set another password, or a first one after a recent sign-in; all other sessions end.

    A refusal is returned when something was counted for it. Raises `RecentSignInRequired`, `PasswordRefused`,
    `SsoRequired`, `TooManyRequests`.
    """
    if user.password_hash is None:
        if not is_recent(by):
            raise RecentSignInRequired
    else:
        throttle.check(session, user.email)
        if not passwords.matches(current or "", user.password_hash):
            throttle.failed(session, user.email)
            return WrongPassword()
    _set(session, user, password)
    sessions.end_all(session, user.user_id, besides=session_id)
    links.void(session, user.user_id)
    audit.record(session, by, "user.change_password", user.user_id)
    return None


def _set(session: Session, user: User, password: str) -> None:
    refusal = domains.password_login_refused(session, user.email)
    if refusal is not None and not domains.may_break_glass(session, user):
        raise refusal
    try:
        user.password_hash = passwords.hashed(passwords.checked(password, user.email))
    except ValueError as error:
        raise PasswordRefused(str(error)) from error
    # Written now: a sign-in with the old password either sees the new one, or its session is there to be ended.
    session.flush()
    # A sign-in half finished with the old password, and guesses of it, are over.
    second_step.forget(session, user.user_id)
    throttle.pardoned(session, user.email)
    letters.password_changed(session, user)

"""Signing up, in and out with e-mail and password."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import PersonRequired, Principal
from controlplane.core import clock, tokens
from controlplane.core.errors import ApplicationError, NotFound
from controlplane.domains import service as domains
from controlplane.edge_log import Table, publish
from controlplane.login import links, passwords, repository, second_step, sessions, throttle, verification
from controlplane.login.errors import EmailNotVerified, LinkInvalid, WrongCredentials
from controlplane.login.sessions import SignedIn
from controlplane.second_factors import service as second_factors
from controlplane.settings import settings
from controlplane.users import repository as users
from controlplane.users import service as user_service
from controlplane.users.models import User
from controlplane.users.service import EmailTaken

# How long what has ended stays to be looked at.
_KEPT = timedelta(days=1)
# How long a sign-up may wait for its owner, who asks for another link meanwhile.
_UNCONFIRMED_KEPT = timedelta(days=30)


@dataclass(frozen=True)
class VerificationSent:
    """The answer to a sign-up that waits for a mail, whether the address was free or not."""

    email: str


def sign_up(
    session: Session, email: str, password: str, name: str | None, user_agent: str | None
) -> SignedIn | VerificationSent | ApplicationError:
    """A new user, signed in where no mail can leave, else with a link to confirm the address.

    A refusal is returned, not raised: what was counted for it is in this transaction, which must then commit.
    Raises `TooManyRequests`, `SsoRequired`.
    """
    throttle.check(session)
    _refuse_password(session, email)
    throttle.count_sign_up(session)
    if settings().sends_mail:
        throttle.count_mail(session, email)
        verification.ask(session, email, name, password)
        return VerificationSent(email)
    try:
        user = user_service.create(session, email, name, passwords.hashed(password), verified=True)
    except EmailTaken as refusal:
        # Asking for addresses that are taken counts as failing: nobody lists our users this way.
        throttle.failed(session)
        return refusal
    verification.welcome(session, user)
    return admit(session, user, "password", user_agent, "auth.signup")


def log_in(session: Session, email: str, password: str, user_agent: str | None) -> SignedIn | ApplicationError:
    """A refusal is returned, not raised: what was counted for it is in this transaction, which must then commit.

    Raises `TooManyRequests`, whatever the password.
    """
    throttle.check(session, email)
    required = domains.password_login_refused(session, email)
    user = users.by_email(session, email)
    right = passwords.matches(password, user.password_hash if user else None)
    # Where single sign-on is required, a right password says nothing either, but for an owner who is locked out.
    if user is None or not right or (required and not domains.may_break_glass(session, user)):
        throttle.failed(session, email)
        known = user.user_id if user else "unknown"
        audit.record(session, None, "auth.login_failed", known, result=audit.Result.REFUSED)
        return required or WrongCredentials()
    if not users.still(session, user):
        # The password was changed while we looked: whoever changed it has ended all sessions, and this is none of them.
        return WrongCredentials()
    throttle.succeeded(session, email)
    return admit(session, user, "password", user_agent) if user.verified_at else EmailNotVerified()


def verify_email(session: Session, token: str, user_agent: str | None) -> SignedIn | ApplicationError:
    """The link of a sign-up's mail, once: whoever has it is signed in. A refusal is returned, as above.

    Raises `TooManyRequests`.
    """
    throttle.check(session)
    user = links.redeem(session, token, links.Purpose.VERIFY_EMAIL)
    if user is None:
        throttle.failed(session)
        return LinkInvalid()
    verification.confirm(session, user)
    audit.record(session, None, "user.verify_email", user.user_id)
    return domains.password_login_refused(session, user.email) or admit(session, user, "email", user_agent)


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


def _refuse_password(session: Session, email: str) -> None:
    refusal = domains.password_login_refused(session, email)
    if refusal is not None:
        raise refusal


def rename(session: Session, by: Principal, user: User, name: str | None) -> User:
    details, user.name = audit.change({"name": user.name}, {"name": name}), name
    audit.record(session, by, "user.rename", user.user_id, details=details)
    return user


def log_out(session: Session, by: Principal, session_id: str | None) -> None:
    """End the session: its cookie and every access token of it are worthless from this commit on."""
    if session_id is None:
        return
    sessions.end(session, session_id)
    audit.record(session, by, "auth.logout", session_id)


def end_own(session: Session, by: Principal, session_id: str) -> None:
    """Raises `NotFound` for a session that is over or somebody else's, `PersonRequired` for a program."""
    ending = repository.own_session(session, by.user_id, session_id)
    if ending is None:
        raise NotFound("session")
    # Whoever got hold of a program's token must not be able to turn its owner out.
    if by.session_kind != "browser" and ending.kind == "browser":
        raise PersonRequired
    sessions.end(session, session_id)
    audit.record(session, by, "session.end", session_id)


def end_others(session: Session, by: Principal, current: str) -> None:
    ended = sessions.end_all(session, by.user_id, besides=current)
    audit.record(session, by, "session.end_others", by.user_id, details={"ended": ended})


def forget_expired(session: Session) -> None:
    """Delete what ended a day ago or more; the edges forget those access tokens too."""
    ended_before = clock.now() - _KEPT
    for digest in repository.delete_tokens(session, ended_before):
        publish(session, Table.PRINCIPALS, digest, None)
    repository.delete_sessions(session, ended_before, ended_before - timedelta(hours=settings().session_idle_hours))
    throttle.forget_expired(session)
    links.forget_expired(session)
    repository.delete_unconfirmed(session, clock.now() - _UNCONFIRMED_KEPT)
    second_step.forget_expired(session)
    second_factors.forget_expired(session)

"""How an e-mail address comes to count as its user's own, and what follows from that."""

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.core import clock
from controlplane.domains import service as domains
from controlplane.login import letters, links, passwords, throttle
from controlplane.login.links import Purpose
from controlplane.users import repository as users
from controlplane.users import service as user_service
from controlplane.users.models import User
from controlplane.users.service import EmailTaken


def ask(session: Session, email: str, name: str | None, password: str) -> None:
    """Mail whoever has this address: a link for a new user, else that there is one. Only the last link works.

    Whose password it confirms cannot be told when several people sign up with one address: of passwords that differ
    none holds, and whoever opens the link chooses one then.
    """
    user, password_hash = users.by_email(session, email), passwords.hashed(password)
    if user is None:
        try:
            user = user_service.create(session, email, name, password_hash, verified=False)
        except EmailTaken:
            # By somebody else in this very moment, who gets the link.
            return
    # Under lock: an address that is being confirmed right now must not get the password of who signs up once more.
    user = users.locked(session, user.user_id) or user
    # Compared whoever has the address, so that it takes the same time.
    same = passwords.matches(password, user.password_hash)
    if user.verified_at is not None:
        audit.record(session, None, "auth.signup_refused", user.user_id, result=audit.Result.REFUSED)
        letters.address_taken(session, user)
        return
    contested = not same and links.is_waiting(session, user.user_id, Purpose.VERIFY_EMAIL)
    user.name, user.password_hash = name, None if contested else password_hash
    audit.record(session, None, "auth.signup", user.user_id)
    letters.link(session, user, Purpose.VERIFY_EMAIL)


def ask_again(session: Session, email: str) -> None:
    """Another link, with as much work and as many mails whoever has the address. Raises `TooManyRequests`."""
    throttle.check(session)
    throttle.count_mail(session, email)
    user = users.by_email(session, email)
    audit.record(session, None, "user.ask_verification", user.user_id if user else "unknown")
    if user is None:
        letters.no_user(session, email)
    elif user.verified_at is not None:
        letters.already_verified(session, user)
    else:
        letters.link(session, user, Purpose.VERIFY_EMAIL)


def confirm(session: Session, user: User) -> None:
    """The user has shown that the address is theirs by a link sent to it."""
    links.void(session, user.user_id)
    if user.verified_at is None:
        user.verified_at = clock.now()
        welcome(session, user)


def welcome(session: Session, user: User) -> None:
    """What a verified address brings; call once, when it has just become that."""
    domains.on_verified(session, user)

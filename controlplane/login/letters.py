"""The mails of signing up and of passwords."""

from sqlalchemy.orm import Session

from controlplane.core import clock, request_context
from controlplane.login import links
from controlplane.login.links import Purpose
from controlplane.mail import service as mail
from controlplane.settings import settings
from controlplane.users.models import User


def link(session: Session, user: User, purpose: Purpose) -> None:
    """A fresh link; the template has the purpose's name."""
    made = links.make(session, user, purpose)
    values = _values(url=made.url, expires_at=made.expires_at)
    mail.send(session, user.email, purpose.value, values, purpose.value, expires_at=made.expires_at)


def no_user(session: Session, email: str) -> None:
    """For an address nobody here has: as much work as a link is, and an answer for who mistook their address."""
    links.void(session, "nobody")
    mail.send(session, email, "no_user", _values(url=f"{settings().console_url}/signup"), "no_user")


def already_verified(session: Session, user: User) -> None:
    links.void(session, "nobody")
    mail.send(session, user.email, "already_verified", _values(url=_sign_in()), "already_verified")


def address_taken(session: Session, user: User) -> None:
    links.void(session, "nobody")
    mail.send(session, user.email, "address_taken", _values(url=_sign_in()), "address_taken")


def password_changed(session: Session, user: User) -> None:
    mail.send(session, user.email, "password_changed", _values(), "password_changed")


def _sign_in() -> str:
    return f"{settings().console_url}/login"


def _values(**more: object) -> dict[str, object]:
    return {"address": request_context.address.get(), "at": clock.now()} | more

"""Counts in windows that slow down guessing, flooding and listing. Why so: docs/decisions/0011.

Failures are counted per e-mail address *from one network address*, per e-mail address from everywhere, and per network
address. The first is small, so that guessing is slow; the second is larger and does not hold where the user has signed
in from before, so that nobody is locked out of their own place by somebody else's failures.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from sqlalchemy import case, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from controlplane.core import clock, request_context, tokens
from controlplane.core.errors import TooManyRequests
from controlplane.login import repository
from controlplane.login.models import LoginThrottle
from controlplane.settings import settings

# Many people share one network address (an office, a proxy), so it may fail more often than one e-mail address.
ADDRESS_FACTOR = 10
EVERYWHERE_FACTOR = 5
_HOUR = timedelta(hours=1)


def check(session: Session, email: str | None = None, *, everywhere: int = EVERYWHERE_FACTOR) -> None:
    """Raises `TooManyRequests` when there were too many failures.

    `everywhere`: how many times as often all network addresses together may fail for `email` as one of them.
    """
    allowed = settings().login_failures_allowed
    limits = {} if _is_this_machine() else {_by_address(): allowed * ADDRESS_FACTOR}
    if email:
        limits[_by_pair(email)] = allowed
    closed = _closed(session, limits)
    if email and not closed:
        closed = _closed(session, {_by_email(email): allowed * everywhere})
        if closed and repository.has_signed_in_from(session, email, request_context.address.get()):
            return
    if closed:
        raise _too_many(max(closed), "Too many failed attempts.")


def failed(session: Session, email: str | None = None) -> int:
    """Count one failure; two at once are both counted. How many there are now for `email` from everywhere."""
    window = timedelta(minutes=settings().login_window_minutes)
    # Always in this order: two transactions cannot wait for each other.
    if email:
        _count(session, _by_pair(email), window)
    known = _count(session, _by_email(email), window)[0] if email else 0
    _count(session, _by_address(), window)
    return known


def succeeded(session: Session, email: str) -> None:
    """Forget the failures for the e-mail address from here; not those from elsewhere, nor those of this address."""
    session.execute(delete(LoginThrottle).where(LoginThrottle.subject == _by_pair(email)))


def pardoned(session: Session, email: str) -> None:
    """Forget the failures from everywhere, too: the password they were guesses of is no more."""
    session.execute(delete(LoginThrottle).where(LoginThrottle.subject.in_([_by_pair(email), _by_email(email)])))


def count_sign_up(session: Session) -> None:
    """One more user from this network address. Raises `TooManyRequests`."""
    if not _is_this_machine():
        limit = settings().signups_per_address_per_hour
        said = "Many users have signed up from your network address within the hour."
        _count_up_to(session, f"signup:{_address_digest()}", limit, said)


def count_mail(session: Session, recipient: str, purpose: str = "sign-up") -> None:
    """One more mail that somebody who is not signed in asks for. Raises `TooManyRequests`, whoever has the address.

    Every purpose has a count of its own: what leads its owner back in is not used up by mails that do not.
    """
    limit = settings().mails_per_recipient_per_hour
    said = "Enough mail has gone to this address for now; look for the last one, also among the unwanted."
    _count_up_to(session, f"mail:{tokens.digest(f'{purpose} {recipient}')}", limit, said)
    if not _is_this_machine():
        limit = settings().mails_per_address_per_hour
        _count_up_to(session, f"mails:{_address_digest()}", limit, "Your network address has asked for much mail.")


def forget_expired(session: Session) -> None:
    session.execute(delete(LoginThrottle).where(LoginThrottle.window_ends_at <= clock.now()))


def _closed(session: Session, limits: Mapping[str, int]) -> list[datetime]:
    """When each window ends whose limit is reached."""
    query = select(LoginThrottle).where(LoginThrottle.subject.in_(limits), LoginThrottle.window_ends_at > clock.now())
    return [row.window_ends_at for row in session.scalars(query) if row.failures >= limits[row.subject]]


def _count_up_to(session: Session, subject: str, limit: int, said: str) -> None:
    """The row's lock makes counting and comparing one step; beyond the limit nothing is written."""
    count, ends = _count(session, subject, _HOUR)
    if count > limit:
        raise _too_many(ends, said)


def _count(session: Session, subject: str, window: timedelta) -> tuple[int, datetime]:
    now = clock.now()
    ends = now + window
    over = LoginThrottle.window_ends_at <= now
    row = session.execute(
        insert(LoginThrottle)
        .values(subject=subject, failures=1, window_ends_at=ends)
        .on_conflict_do_update(
            index_elements=[LoginThrottle.subject],
            set_={
                "failures": case((over, 1), else_=LoginThrottle.failures + 1),
                "window_ends_at": case((over, ends), else_=LoginThrottle.window_ends_at),
            },
        )
        .returning(LoginThrottle.failures, LoginThrottle.window_ends_at)
    ).one()
    return row[0], row[1]


def _too_many(window_ends_at: datetime, said: str) -> TooManyRequests:
    seconds = max(1, int((window_ends_at - clock.now()).total_seconds()) + 1)
    return TooManyRequests(f"{said} Try again in {_words(seconds)}.", seconds)


def _words(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 120 else f"{seconds // 60 + 1} minutes"


def _by_pair(email: str) -> str:
    return f"pair:{tokens.digest(f'{email} {network()}')}"


def _by_email(email: str) -> str:
    return f"email:{tokens.digest(email)}"


def _by_address() -> str:
    return f"address:{_address_digest()}"


def _address_digest() -> str:
    return tokens.digest(network())


def network() -> str:
    """The caller's address; of IPv6 the /64, which is the least that one customer has."""
    address = _address()
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address or request_context.address.get() or "unknown")


def _is_this_machine() -> bool:
    """On the machine of who tries the plane, everybody has one address."""
    address = _address()
    return settings().is_tried_out and address is not None and address.is_loopback


def _address() -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(request_context.address.get() or "")
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address

"""Failed attempts are counted per e-mail address and per network address, in windows."""

from datetime import datetime, timedelta

from sqlalchemy import case, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from controlplane.core import clock, request_context, tokens
from controlplane.core.errors import TooManyRequests
from controlplane.login.models import LoginThrottle
from controlplane.settings import settings

# Many people share one network address (an office, a proxy), so it may fail more often than one e-mail address.
ADDRESS_FACTOR = 10


def check(session: Session, email: str | None = None) -> None:
    """Raises `TooManyRequests` when either has failed too often in its window."""
    subjects = {_by_address(): ADDRESS_FACTOR} | ({_by_email(email): 1} if email else {})
    query = select(LoginThrottle).where(LoginThrottle.subject.in_(subjects), LoginThrottle.window_ends_at > clock.now())
    allowed = settings().login_failures_allowed
    closed = [row.window_ends_at for row in session.scalars(query) if row.failures >= allowed * subjects[row.subject]]
    if closed:
        raise _too_many(max(closed))


def failed(session: Session, email: str | None = None) -> None:
    """Count one failure; two at once are both counted."""
    # Always in this order: two transactions cannot wait for each other.
    if email:
        _count(session, _by_email(email))
    _count(session, _by_address())


def succeeded(session: Session, email: str) -> None:
    """Forget the failures of the e-mail address, not those of the network address."""
    session.execute(delete(LoginThrottle).where(LoginThrottle.subject == _by_email(email)))


def forget_expired(session: Session) -> None:
    session.execute(delete(LoginThrottle).where(LoginThrottle.window_ends_at <= clock.now()))


def _count(session: Session, subject: str) -> None:
    now = clock.now()
    ends = now + timedelta(minutes=settings().login_window_minutes)
    over = LoginThrottle.window_ends_at <= now
    session.execute(
        insert(LoginThrottle)
        .values(subject=subject, failures=1, window_ends_at=ends)
        .on_conflict_do_update(
            index_elements=[LoginThrottle.subject],
            set_={
                "failures": case((over, 1), else_=LoginThrottle.failures + 1),
                "window_ends_at": case((over, ends), else_=LoginThrottle.window_ends_at),
            },
        )
    )


def _too_many(window_ends_at: datetime) -> TooManyRequests:
    seconds = max(1, int((window_ends_at - clock.now()).total_seconds()) + 1)
    return TooManyRequests(f"Too many failed attempts. Try again in {_words(seconds)}.", seconds)


def _words(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 120 else f"{seconds // 60 + 1} minutes"


def _by_email(email: str) -> str:
    return f"email:{tokens.digest(email)}"


def _by_address() -> str:
    return f"address:{tokens.digest(request_context.address.get() or 'unknown')}"

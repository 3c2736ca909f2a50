"""One-time codes of an authenticator app (RFC 6238: SHA-1, six digits, steps of 30 s, as every app has them)."""

import io
from dataclasses import dataclass
from urllib.parse import urlsplit

import pyotp
import segno
from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core import clock, crypto, tokens
from controlplane.core.errors import NotFound
from controlplane.second_factors import enrolment, notices, repository
from controlplane.second_factors.errors import TotpEnabled, TotpNotStarted, WrongCode
from controlplane.second_factors.models import Totp
from controlplane.settings import settings

STEP_SECONDS = 30
# RFC 6238 §5.2: one step either way for clocks that differ and for slow fingers.
_SKEW = (-1, 0, 1)


@dataclass(frozen=True)
class Setup:
    """What an authenticator app takes, shown once: base32 `secret`, or all of it as `uri` and its QR code in SVG."""

    secret: str
    uri: str
    qr_svg: str


def start(session: Session, by: Principal) -> Setup:
    """Begin to set one up; it proves nothing before `confirm`. Begun again, it begins anew. Raises `TotpEnabled`."""
    repository.user_locked(session, by.user_id)
    row = repository.totp(session, by.user_id)
    if row is not None and row.confirmed_at is not None:
        raise TotpEnabled
    secret = pyotp.random_base32()
    sealed = crypto.seal(secret.encode(), _context(by.user_id))
    session.merge(Totp(user_id=by.user_id, sealed_secret=sealed, created_at=clock.now()))
    audit.record(session, by, "totp.start", by.user_id)
    uri = pyotp.TOTP(secret).provisioning_uri(name=by.email, issuer_name=urlsplit(settings().console_url).hostname)
    return Setup(secret, uri, _qr(uri))


def confirm(session: Session, by: Principal, code: str) -> list[str] | None:
    """The app shows the right code, so it counts from now on; recovery codes as in `enrolment.added`.

    Raises `TotpNotStarted`, `TotpEnabled`, `WrongCode`.
    """
    user = repository.user_locked(session, by.user_id)
    row = repository.totp(session, by.user_id)
    if row is None:
        raise TotpNotStarted
    if row.confirmed_at is not None:
        raise TotpEnabled
    step = _step_of(row, code)
    if step is None:
        raise WrongCode
    row.confirmed_at, row.last_step = clock.now(), step
    audit.record(session, by, "totp.enable", by.user_id)
    notices.send(session, user, notices.TOTP_ADDED)
    return enrolment.added(session, user)


def remove(session: Session, by: Principal) -> None:
    """Raises `NotFound`."""
    user = repository.user_locked(session, by.user_id)
    row = repository.totp(session, by.user_id)
    if row is None:
        raise NotFound("authenticator app")
    session.delete(row)
    audit.record(session, by, "totp.disable", by.user_id)
    if row.confirmed_at is not None:
        notices.send(session, user, notices.TOTP_REMOVED)
        enrolment.removed(session, user)


def enabled(session: Session, user_id: str) -> bool:
    row = repository.totp(session, user_id)
    return row is not None and row.confirmed_at is not None


def accepts(session: Session, user_id: str, code: str) -> bool:
    """Whether the app shows this code about now, and it has not been accepted before (RFC 6238 §5.2)."""
    row = repository.totp(session, user_id)
    if row is None or row.confirmed_at is None:
        return False
    step = _step_of(row, code)
    return step is not None and repository.take_step(session, user_id, step)


def _step_of(row: Totp, code: str) -> int | None:
    generator = pyotp.TOTP(crypto.unseal(row.sealed_secret, _context(row.user_id)).decode(), interval=STEP_SECONDS)
    now, typed = int(clock.now().timestamp()) // STEP_SECONDS, "".join(code.split())
    matching = [now + skew for skew in _SKEW if tokens.same(generator.generate_otp(now + skew), typed)]
    return matching[-1] if matching else None


def _context(user_id: str) -> str:
    return f"totp:{user_id}"


def _qr(uri: str) -> str:
    """With a light ground of its own, so that it can be read on a dark page."""
    svg = io.BytesIO()
    segno.make(uri, error="m").save(svg, kind="svg", scale=5, light="white", xmldecl=False, nl=False)
    return svg.getvalue().decode()

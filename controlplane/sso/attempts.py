"""One sign-in on its way to the provider and back.

The browser keeps a secret in the cookie `rc_sso`; the database keeps the digests of it and of the state. The nonce and
the PKCE verifier are derived from the cookie and the state: whoever reads the database or sees the addresses has
neither.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from sqlalchemy.orm import Session

from controlplane.core import clock, tokens
from controlplane.core.secret_files import encode
from controlplane.sso import repository
from controlplane.sso.errors import SsoRefused
from controlplane.sso.models import SsoAttempt
from controlplane.sso_connections.models import SsoConnection

LIFETIME = timedelta(minutes=10)
_LENGTH = 43


@dataclass(frozen=True)
class Proofs:
    """What ties the provider's answer to this browser and this attempt."""

    state: str
    nonce: str
    code_verifier: str


def browser_secret(cookie: str | None) -> str:
    """The browser's own, if it has one: a second tab must not break the first one's sign-in."""
    fits = cookie is not None and len(cookie) == _LENGTH and cookie.isascii()
    return cookie if cookie is not None and fits else secrets.token_urlsafe(32)


def begin(
    session: Session, connection: SsoConnection, browser: str, destination: str, link_user_id: str | None
) -> Proofs:
    state = secrets.token_urlsafe(32)
    session.add(
        SsoAttempt(
            digest=tokens.digest(state),
            connection_id=connection.connection_id,
            browser_digest=tokens.digest(browser),
            destination=destination,
            link_user_id=link_user_id,
            expires_at=clock.now() + LIFETIME,
        )
    )
    return proofs(state, browser)


def take(session: Session, state: str | None, browser: str | None) -> SsoAttempt:
    """Use the attempt up. Raises `SsoRefused`."""
    if not state or not browser:
        raise SsoRefused("sso_expired", "no state or no cookie")
    attempt = repository.take(session, tokens.digest(state), tokens.digest(browser), clock.now())
    if attempt is None:
        raise SsoRefused("sso_expired", "unknown, used, expired, or of another browser")
    return attempt


def proofs(state: str, browser: str) -> Proofs:
    return Proofs(state, _derived(browser, "nonce", state), _derived(browser, "verifier", state))


def _derived(browser: str, purpose: str, state: str) -> str:
    return encode(hmac.digest(browser.encode(), f"{purpose}:{state}".encode(), sha256))

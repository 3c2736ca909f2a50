"""Signing in through a provider: from the browser's first step to a session.

The endpoints go through it step by step, because the provider is asked between two transactions and within none.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core import clock, outbound
from controlplane.core.errors import ApplicationError, NotFound
from controlplane.domains import people
from controlplane.login import service as login
from controlplane.login import throttle
from controlplane.login.sessions import SignedIn
from controlplane.second_factors import service as second_factors
from controlplane.sso import attempts, linking, providers, repository
from controlplane.sso.attempts import Proofs
from controlplane.sso.errors import LastWayIn, SsoRefused
from controlplane.sso.models import Identity
from controlplane.sso.profile import Profile
from controlplane.sso.providers import Peer
from controlplane.sso_connections import addresses, service
from controlplane.sso_connections import repository as connections
from controlplane.sso_connections.models import SsoConnection
from controlplane.users import repository as users
from controlplane.users.models import User

_DENIED = {"access_denied", "login_required", "consent_required", "interaction_required", "account_selection_required"}
# How old what a provider said of its endpoints may be before it is asked again.
FRESH, _AGAIN = timedelta(days=1), timedelta(minutes=5)


@dataclass(frozen=True)
class Returned:
    """A browser that is back from its provider, its attempt used up.

    `attempted` is the connection that the attempt went to, `connection_id` the one of the address it came back to.
    `tenant` is the account whose provider it is, null for the plane's own.
    """

    peer: Peer
    connection_id: str
    attempted: str
    proofs: Proofs
    destination: str
    link_user_id: str | None
    tenant: str | None


def connection(session: Session, provider: str) -> SsoConnection:
    """Raises `SsoRefused`."""
    found = connections.enabled(session, provider)
    if found is None:
        raise SsoRefused("sso_unknown_provider")
    return found


def peer_of(found: SsoConnection) -> Peer:
    return Peer(
        kind=found.kind,
        issuer=found.issuer,
        client_id=found.client_id,
        client_secret=service.client_secret(found),
        redirect_uri=addresses.callback_url(found.provider),
        endpoints=found.endpoints,
        hosted_domain=found.hosted_domain,
        assume_email_verified=found.assume_email_verified,
        tenants=found.account_id is not None,
    )


def begin(
    session: Session, found: SsoConnection, browser: str, destination: str, link_user_id: str | None
) -> tuple[Peer, Proofs]:
    """An attempt of this browser, and what its way to the provider needs. Raises `SsoRefused`."""
    if found.account_id is not None and not people.speaks_for_somebody(session, found.account_id):
        # It could sign in nobody, and would only lead away from here to wherever its account likes.
        raise SsoRefused("sso_unknown_provider", "its account has no verified domain")
    return peer_of(found), attempts.begin(session, found, browser, destination, link_user_id)


def come_back(session: Session, provider: str, state: str | None, browser: str | None) -> Returned:
    """Raises `SsoRefused`, `TooManyRequests`; the attempt is used up whatever follows, if this transaction commits."""
    throttle.check(session)
    found = connection(session, provider)
    attempt = attempts.take(session, state, browser)
    return Returned(
        peer_of(found),
        found.connection_id,
        attempt.connection_id,
        attempts.proofs(str(state), str(browser)),
        attempt.destination,
        attempt.link_user_id,
        found.account_id,
    )


def profile_of(returned: Returned, code: str | None, issuer: str | None, error: str | None) -> Profile:
    """Ask the provider whom its answer stands for; not inside a transaction. Raises `SsoRefused`, `Busy`."""
    if returned.attempted != returned.connection_id:
        raise SsoRefused("sso_expired", "the attempt went to another provider (RFC 9700 §4.4)")
    providers.check_answer(returned.peer, issuer)
    if error is not None:
        raise SsoRefused("sso_denied" if error in _DENIED else "sso_provider_error", repr(error[:100]))
    if not code:
        raise SsoRefused("sso_invalid_answer", "no code")
    with outbound.place("sign-ins of tenants" if returned.tenant else "sign-ins", 8, returned.tenant):
        return providers.exchange(returned.peer, code, returned.proofs)


def note_failure(session: Session, provider: str, returned: Returned, refusal: SsoRefused) -> None:
    """For whoever administers the provider: the audit trail says what the page does not."""
    throttle.failed(session)
    found = connections.by_provider(session, provider)
    details = {"provider": provider, "code": refusal.code, "reason": str(refusal)[:300]}
    account_id = found.account_id if found else None
    audit.record(
        session,
        None,
        "auth.login_failed",
        returned.connection_id,
        account_id,
        details,
        result=audit.Result.REFUSED,
    )


def sign_in(
    session: Session, provider: str, connection_id: str, profile: Profile, user_agent: str | None
) -> SignedIn | ApplicationError:
    """The session, or the second factor still asked for, returned because it has to commit. Raises `SsoRefused`."""
    found = _still_there(session, provider, connection_id)
    user = linking.user_of(session, found, profile)
    return login.admit(session, user, f"sso:{provider}", user_agent)


def link(session: Session, provider: str, returned: Returned, profile: Profile, user: User | None) -> None:
    """`user`: who is signed in now, in this browser. Raises `SsoRefused`."""
    if user is None or user.user_id != returned.link_user_id:
        raise SsoRefused("sso_link_lost")
    linking.link(session, _still_there(session, provider, returned.connection_id), profile, user)


def unlink(session: Session, by: Principal, identity_id: str) -> None:
    """Raises `LastWayIn`, `NotFound`."""
    mine = repository.identities_of(session, by.user_id)
    identity = next((one for one, _ in mine if one.identity_id == identity_id), None)
    if identity is None:
        raise NotFound("identity")
    if not _other_way_in(session, by.user_id, [one for one, _ in mine if one is not identity]):
        raise LastWayIn
    session.delete(identity)
    audit.record(session, by, "identity.unlink", identity_id)


def forget_expired(session: Session) -> None:
    repository.delete_attempts(session, clock.now())


def _still_there(session: Session, provider: str, connection_id: str) -> SsoConnection:
    """The connection may have been switched off or replaced while its provider was asked."""
    found = connection(session, provider)
    if found.connection_id != connection_id:
        raise SsoRefused("sso_unknown_provider")
    return found


def refresh(found: SsoConnection, endpoints: dict[str, Any]) -> None:
    """Take over what the provider says of its endpoints today."""
    found.endpoints, found.discovered_at = endpoints, clock.now()


def postpone(found: SsoConnection) -> None:
    """The provider does not say now: not every sign-in has to wait for it."""
    found.discovered_at = clock.now() - FRESH + _AGAIN


def is_stale(found: SsoConnection) -> bool:
    return found.discovered_at < clock.now() - FRESH


def _other_way_in(session: Session, user_id: str, others: list[Identity]) -> bool:
    user = users.by_id(session, user_id)
    return bool(others) or (user is not None and (user.password_hash is not None or _passkeys(session, user)))


def _passkeys(session: Session, user: User) -> bool:
    return "passkey" in second_factors.methods(session, user)

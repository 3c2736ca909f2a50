"""Access tokens of WorkOS AuthKit, accepted as if they were ours.

One is looked into once: its signature by the keys WorkOS publishes for our client, its issuer and its times. Then it
is a row like any other, known to the edges by its digest and revocable; tokens of one WorkOS session share a session
of ours, and once that has been ended, none of them is taken again.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core import clock, database, outbound, tokens
from controlplane.core.errors import Busy
from controlplane.core.ids import new_id
from controlplane.core.outbound import OutboundFailed
from controlplane.edge_log import Table, publish
from controlplane.login import sessions
from controlplane.login.errors import InvalidToken
from controlplane.login.models import AccessToken, LoginSession
from controlplane.login.resolve import Resolved
from controlplane.sso import linking, repository, service
from controlplane.sso.errors import SsoRefused
from controlplane.sso.profile import Profile, person_name, verified_email
from controlplane.sso.providers import Peer, workos_profile
from controlplane.sso_connections import jwts
from controlplane.sso_connections import repository as connections
from controlplane.sso_connections.jwts import TokenRefused
from controlplane.sso_connections.models import SsoConnection
from controlplane.users.models import User

# A row is kept for a day after it was revoked: no token may outlive the memory that it was.
LONGEST = timedelta(hours=24)
# A request is waiting, with its place at the database: unlike a sign-in, it can be repeated.
_PATIENCE_SECONDS = 2.0
log = structlog.get_logger()


class TokenTooWeak(InvalidToken):
    def __init__(self) -> None:
        super().__init__(
            "You have a second factor here, which a token of another provider does not show. Sign in with "
            "`rcloud login` instead."
        )


def accept(session: Session, token: str) -> Resolved | None:
    """The user of a token that is new here; null when it is not one that anybody here accepts. Raises `InvalidToken`.

    The transaction so far is committed when the token claims to be of WorkOS: keys may have to be asked for.
    """
    connection = _issuer_of(session, token)
    if connection is None or repository.has_been_seen(session, tokens.digest(token)):
        return None
    connection_id, peer = connection.connection_id, service.peer_of(connection)
    database.commit(session)
    try:
        claims = _verified(peer, token)
        known = repository.identity(session, connection_id, jwts.subject(claims))
        database.commit(session)
        profile = Profile(jwts.subject(claims), None, None) if known else _profile(peer, claims)
        user = linking.user_of(session, connection, profile)
        return _stored(session, connection, user, claims, token)
    except (TokenRefused, SsoRefused, OutboundFailed, Busy) as refusal:
        log.info("foreign_token_refused", reason=str(refusal))
        return None


def _issuer_of(session: Session, token: str) -> SsoConnection | None:
    """By what the token says of itself, which nobody has to believe yet."""
    claimed = jwts.unverified_issuer(token)
    if claimed is None:
        return None
    return next((one for one in connections.enabled_of_kind(session, "workos") if one.issuer == claimed), None)


def _verified(peer: Peer, token: str) -> dict[str, Any]:
    claims = jwts.verified(token, peer.endpoints["jwks_uri"], tenants=False, patience_seconds=_PATIENCE_SECONDS)
    jwts.check_issuer(claims, peer.issuer)
    # WorkOS publishes keys for each client, and names it in the issuer or in a claim; there is no audience.
    in_issuer = peer.issuer.rstrip("/").endswith(f"/{peer.client_id}")
    if claims.get("client_id", peer.client_id if in_issuer else None) != peer.client_id:
        raise TokenRefused("for another client")
    if claims["exp"] - claims["iat"] > LONGEST.total_seconds():
        raise TokenRefused("lives too long to be revocable")
    return claims


def _profile(peer: Peer, claims: dict[str, Any]) -> Profile:
    """From the token, if WorkOS was told to put the address there, else asked of WorkOS. Raises `TokenRefused`."""
    if "email" in claims:
        name = person_name(claims.get("given_name"), claims.get("family_name"))
        return Profile(jwts.subject(claims), verified_email(claims["email"], claims.get("email_verified")), name)
    subject = jwts.subject(claims)
    url = f"{peer.endpoints['api']}/user_management/users/{subject}"
    if not subject.replace("_", "").isalnum():
        raise TokenRefused("its subject is no WorkOS user")
    with outbound.place("users of WorkOS"):
        found: Any = outbound.fetch_json(url, tenants=False, headers={"authorization": f"Bearer {peer.client_secret}"})
    try:
        profile = workos_profile(found)
    except (TypeError, KeyError, AttributeError) as error:
        raise TokenRefused("WorkOS gave no user") from error
    if profile.subject != subject:
        raise TokenRefused("WorkOS gave another user")
    return profile


def _stored(
    session: Session, connection: SsoConnection, user: User, claims: dict[str, Any], token: str
) -> Resolved | None:
    if user.second_factor_since is not None:
        raise TokenTooWeak
    login = _session_of(session, connection, user, claims)
    if login is None:
        return None
    row = AccessToken(
        token_id=new_id("tok"),
        user_id=user.user_id,
        session_id=login.session_id,
        digest=tokens.digest(token),
        created_at=clock.now(),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        # The same token at the same moment: the other request has stored it.
        return Resolved(user, login.session_id, login)
    publish(session, Table.PRINCIPALS, row.digest, sessions.edge_entry(row))
    return Resolved(user, row.token_id, login)


def _session_of(session: Session, connection: SsoConnection, user: User, claims: dict[str, Any]) -> LoginSession | None:
    """Ours for WorkOS's session; null when it was ended here."""
    client = f"workos:{claims.get('sid') or claims.get('jti') or new_id('sid')}"[:64]
    login = repository.session_of_client(session, user.user_id, client)
    if login is not None:
        return login if login.revoked_at is None else None
    login = sessions.open_program(session, user, client, f"sso:{connection.provider}", None)
    by = Principal(user.user_id, user.email, login.session_id, {})
    audit.record(session, by, "auth.login", user.user_id, None, {"provider": connection.provider})
    return login

"""Keeping identity providers. Asking them is `discovery`, and happens before: never with a transaction open."""

import secrets
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Permission, Principal
from controlplane.core import clock, crypto
from controlplane.core.errors import NotFound
from controlplane.core.ids import ALPHABET, new_id
from controlplane.members import service as members
from controlplane.sso_connections import repository
from controlplane.sso_connections.discovery import Provider, default_issuer
from controlplane.sso_connections.errors import (
    ConnectionInUse,
    ConnectionLimitReached,
    ProviderTaken,
    ProviderUnusable,
)
from controlplane.sso_connections.models import SsoConnection
from controlplane.sso_connections.schemas import ConnectionChange, NewConnection, NewProvider

LIMIT = 10
GENERATED = "sso-"
OPERATOR = "operator"


def asked(new: NewConnection, *, tenants: bool) -> Provider:
    """Whom to ask before `create`. Raises `ProviderUnusable`."""
    if tenants and new.kind == "workos":
        raise ProviderUnusable("WorkOS signs people in to the whole plane; only its operators can connect it.")
    issuer = new.issuer or default_issuer(new.kind, new.client_id)
    if issuer is None:
        raise ProviderUnusable("A provider of kind oidc needs its issuer, for example https://login.corp.example.")
    return Provider(new.kind.value, issuer, new.client_id, new.api_base_url, tenants)


def provider_of(connection: SsoConnection, client_id: str | None = None) -> Provider:
    """The same for a connection there is."""
    return Provider(
        connection.kind,
        connection.issuer,
        client_id or connection.client_id,
        connection.endpoints.get("api"),
        connection.account_id is not None,
    )


def create(
    session: Session,
    by: Principal | None,
    account_id: str | None,
    new: NewConnection,
    issuer: str,
    endpoints: dict[str, Any],
) -> SsoConnection:
    """`by` null: on the host. Raises `ProviderTaken`, `ConnectionLimitReached`, and what `members.standing` raises."""
    _check_standing(session, by, account_id)
    _check_room(session, account_id)
    connection_id = new_id("ssc")
    connection = SsoConnection(
        connection_id=connection_id,
        account_id=account_id,
        kind=new.kind.value,
        provider=_provider_name(new, account_id),
        name=new.name,
        issuer=issuer,
        client_id=new.client_id,
        secret=_sealed(connection_id, new.client_secret),
        hosted_domain=new.hosted_domain,
        endpoints=endpoints,
        discovered_at=clock.now(),
        assume_email_verified=new.assume_email_verified,
        enabled=True,
        created_by=by.user_id if by else OPERATOR,
        created_at=clock.now(),
    )
    try:
        with session.begin_nested():
            session.add(connection)
    except IntegrityError as error:
        raise ProviderTaken(connection.provider) from error
    details = {"provider": connection.provider, "kind": connection.kind, "issuer": issuer}
    audit.record(session, by, "sso_connection.create", connection_id, account_id, details)
    return connection


def change(
    session: Session, by: Principal | None, connection: SsoConnection, wanted: ConnectionChange, found: dict[str, Any]
) -> SsoConnection:
    """`found`: what the provider said just now. Raises what `members.standing` raises."""
    _check_standing(session, by, connection.account_id)
    given = wanted.model_dump(by_alias=False, exclude_unset=True)
    changes = {name: value for name, value in given.items() if value is not None or name == "hosted_domain"}
    secret = changes.pop("client_secret", None)
    details = audit.change({field: getattr(connection, field) for field in changes}, changes)
    for field, value in changes.items():
        setattr(connection, field, value)
    if secret is not None:
        connection.secret = _sealed(connection.connection_id, secret)
        details["clientSecret"] = "changed"
    connection.endpoints, connection.discovered_at = found, clock.now()
    audit.record(session, by, "sso_connection.update", connection.connection_id, connection.account_id, details)
    return connection


def remove(session: Session, by: Principal | None, connection: SsoConnection) -> None:
    """Its identities go with it; the people stay. Raises `ConnectionInUse`."""
    details = {"provider": connection.provider}
    audit.record(session, by, "sso_connection.delete", connection.connection_id, connection.account_id, details)
    try:
        with session.begin_nested():
            session.delete(connection)
    except IntegrityError as error:
        raise ConnectionInUse from error


def plane_wide(session: Session, provider: str) -> SsoConnection:
    """Raises `NotFound`."""
    connection = repository.by_provider(session, provider)
    if connection is None or connection.account_id is not None:
        raise NotFound("provider")
    return connection


def of_account(session: Session, account_id: str, connection_id: str) -> SsoConnection:
    """Raises `NotFound`."""
    query = repository.of_account(account_id).where(SsoConnection.connection_id == connection_id)
    connection = session.scalar(query)
    if connection is None:
        raise NotFound("connection")
    return connection


def client_secret(connection: SsoConnection) -> str | None:
    if connection.secret is None:
        return None
    return crypto.unseal(connection.secret, _context(connection.connection_id)).decode()


def _check_standing(session: Session, by: Principal | None, account_id: str | None) -> None:
    """By the rights of now: who runs the provider decides how long asking it takes, and may be removed meanwhile."""
    if by is not None and account_id is not None:
        members.standing(session, by, account_id, Permission.SSO_MANAGE)


def _check_room(session: Session, account_id: str | None) -> None:
    if account_id is not None and repository.count(session, account_id) >= LIMIT:
        raise ConnectionLimitReached(f"This account has its limit of {LIMIT} connections. Delete one first.")


def _provider_name(new: NewConnection, account_id: str | None) -> str:
    if account_id is None:
        given = new.provider if isinstance(new, NewProvider) else None
        name = given or new.kind.value
        if name.startswith(GENERATED):
            raise ProviderUnusable(f"Names that begin with {GENERATED} are given to accounts' own connections.")
        return name
    return GENERATED + "".join(secrets.choice(ALPHABET) for _ in range(20))


def _sealed(connection_id: str, secret: str | None) -> bytes | None:
    return crypto.seal(secret.encode(), _context(connection_id)) if secret else None


def _context(connection_id: str) -> str:
    return f"sso_connection:{connection_id}"

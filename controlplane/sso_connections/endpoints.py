from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from controlplane.auth import (
    Operator,
    Permission,
    Principal,
    RecentSignInRequired,
    require,
    require_person,
    require_recent,
)
from controlplane.core import database
from controlplane.core.database import DbSession
from controlplane.core.idempotency_service import Once
from controlplane.core.openapi import refusals
from controlplane.core.outbound import place
from controlplane.core.pagination import After, Limit, Page, page
from controlplane.sso_connections import addresses, discovery, repository, service
from controlplane.sso_connections.errors import (
    ConnectionInUse,
    ConnectionLimitReached,
    ProviderTaken,
    ProviderUnusable,
)
from controlplane.sso_connections.models import SsoConnection
from controlplane.sso_connections.schemas import (
    ConnectionChange,
    ConnectionView,
    NewConnection,
    NewProvider,
    Providers,
    ProviderView,
)

public_router = APIRouter(prefix="/auth/providers", tags=["sso"])
operators_router = APIRouter(prefix="/sso-providers", tags=["operators"])
router = APIRouter(prefix="/accounts/{account_id}/sso-connections", tags=["sso"])
Reader = Annotated[Principal, Depends(require(Permission.SSO_READ))]
# A program's token that got lost, or an old cookie, must not open a door of its own to everybody of a domain.
_PERSON = [Depends(require_person)]
_RECENT = [Depends(require_recent)]
Manager = Annotated[Principal, Depends(require(Permission.SSO_MANAGE))]


@public_router.get("", operation_id="listProviders")
def list_providers(session: DbSession) -> Providers:
    """The providers everybody may sign in with."""
    items = [
        ProviderView(provider=c.provider, kind=c.kind, name=c.name, start_url=addresses.start_url(c.provider))
        for c in repository.offered(session)
    ]
    return Providers(items=items)


@operators_router.post(
    "", status_code=status.HTTP_201_CREATED, response_model=ConnectionView, operation_id="createSsoProvider",
    responses=refusals(ProviderUnusable, ProviderTaken, RecentSignInRequired), dependencies=_RECENT,
)  # fmt: skip
def create_sso_provider(body: NewProvider, session: DbSession, by: Operator, once: Once) -> Response:
    """Connect a provider for the whole plane. It is asked for its endpoints at once; what is wrong is said."""
    database.commit(session)
    asked = service.asked(body, tenants=False)
    found = discovery.discover(asked)
    return once(by.user_id, lambda: view(service.create(session, by, None, body, asked.issuer, found)))


@operators_router.get("", operation_id="listSsoProviders")
def list_sso_providers(
    session: DbSession, _by: Operator, after: After = None, limit: Limit = 50
) -> Page[ConnectionView]:
    """The plane's providers with their settings; never a secret."""
    rows, following = page(session, repository.plane_wide(), SsoConnection.connection_id, after, limit)
    return Page[ConnectionView](items=[view(row) for row in rows], next=following)


@operators_router.patch(
    "/{provider}", operation_id="changeSsoProvider", dependencies=_RECENT,
    responses=refusals(ProviderUnusable, RecentSignInRequired),
)  # fmt: skip
def change_sso_provider(provider: str, body: ConnectionChange, session: DbSession, by: Operator) -> ConnectionView:
    """Change a provider of the plane, or switch it off."""
    asked = service.provider_of(service.plane_wide(session, provider), body.client_id)
    database.commit(session)
    found = discovery.discover(asked)
    return view(service.change(session, by, service.plane_wide(session, provider), body, found))


@operators_router.delete(
    "/{provider}", status_code=status.HTTP_204_NO_CONTENT, operation_id="deleteSsoProvider",
    responses=refusals(ConnectionInUse),
)  # fmt: skip
def delete_sso_provider(provider: str, session: DbSession, by: Operator) -> None:
    """Disconnect a provider of the plane. People who came through it stay and need another way in."""
    service.remove(session, by, service.plane_wide(session, provider))


@router.post(
    "", status_code=status.HTTP_201_CREATED, response_model=ConnectionView,
    operation_id="createSsoConnection", dependencies=_RECENT,
    responses=refusals(ProviderUnusable, ConnectionLimitReached, RecentSignInRequired),
)  # fmt: skip
def create_sso_connection(
    account_id: str, body: NewConnection, session: DbSession, by: Manager, once: Once
) -> Response:
    """Connect the account's own provider. It signs in people of the account's verified domains, nobody else."""
    database.commit(session)
    asked = service.asked(body, tenants=True)
    with place("tenants", tenant=account_id):
        found = discovery.discover(asked)
    return once(by.user_id, lambda: view(service.create(session, by, account_id, body, asked.issuer, found)))


@router.get("", operation_id="listSsoConnections")
def list_sso_connections(
    account_id: str, session: DbSession, _principal: Reader, after: After = None, limit: Limit = 50
) -> Page[ConnectionView]:
    """The account's own providers; never a secret."""
    rows, following = page(session, repository.of_account(account_id), SsoConnection.connection_id, after, limit)
    return Page[ConnectionView](items=[view(row) for row in rows], next=following)


@router.get("/{connection_id}", operation_id="getSsoConnection")
def get_sso_connection(account_id: str, connection_id: str, session: DbSession, _principal: Reader) -> ConnectionView:
    """One of the account's own providers."""
    return view(service.of_account(session, account_id, connection_id))


@router.patch(
    "/{connection_id}", operation_id="changeSsoConnection", dependencies=_RECENT,
    responses=refusals(ProviderUnusable, RecentSignInRequired),
)  # fmt: skip
def change_sso_connection(
    account_id: str, connection_id: str, body: ConnectionChange, session: DbSession, by: Manager
) -> ConnectionView:
    """Change one of the account's own providers, or switch it off."""
    asked = service.provider_of(service.of_account(session, account_id, connection_id), body.client_id)
    database.commit(session)
    with place("tenants", tenant=account_id):
        found = discovery.discover(asked)
    return view(service.change(session, by, service.of_account(session, account_id, connection_id), body, found))


@router.delete(
    "/{connection_id}", status_code=status.HTTP_204_NO_CONTENT, operation_id="deleteSsoConnection",
    dependencies=_PERSON, responses=refusals(ConnectionInUse),
)  # fmt: skip
def delete_sso_connection(account_id: str, connection_id: str, session: DbSession, by: Manager) -> None:
    """Disconnect one of the account's own providers. People who came through it stay and need another way in."""
    service.remove(session, by, service.of_account(session, account_id, connection_id))


def view(connection: SsoConnection) -> ConnectionView:
    return ConnectionView(
        connection_id=connection.connection_id,
        provider=connection.provider,
        kind=connection.kind,
        name=connection.name,
        issuer=connection.issuer,
        client_id=connection.client_id,
        has_client_secret=connection.secret is not None,
        hosted_domain=connection.hosted_domain,
        assume_email_verified=connection.assume_email_verified,
        enabled=connection.enabled,
        start_url=addresses.start_url(connection.provider),
        redirect_uri=addresses.callback_url(connection.provider),
        created_at=connection.created_at,
    )

from collections.abc import Mapping
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status
from sqlalchemy.orm import Session

from controlplane.auth import Permission, Principal, require
from controlplane.core.database import DbSession
from controlplane.core.errors import NotFound
from controlplane.core.idempotency_service import Once
from controlplane.core.openapi import refusals
from controlplane.core.pagination import After, Limit, Page, page
from controlplane.environments import addresses, repository, service
from controlplane.environments.effective import effective
from controlplane.environments.errors import (
    EnvironmentDeleted,
    EnvironmentLimitReached,
    NameTaken,
    NotDeleted,
    PortsExhausted,
    PurgeInProgress,
)
from controlplane.environments.identity import KeyState
from controlplane.environments.models import Environment, IdentityKey
from controlplane.environments.schemas import EnvironmentChange, EnvironmentView, NewEnvironment
from controlplane.environments.status import Status
from controlplane.operations import repository as operations
from controlplane.operations.models import Operation
from controlplane.operations.schemas import OperationView
from controlplane.runners.service import NoCapacity, UnknownRegion

router = APIRouter(prefix="/accounts/{account_id}/environments", tags=["environments"])

Reader = Annotated[Principal, Depends(require(Permission.ENVIRONMENT_READ))]
Creator = Annotated[Principal, Depends(require(Permission.ENVIRONMENT_CREATE))]
Deleter = Annotated[Principal, Depends(require(Permission.ENVIRONMENT_DELETE))]


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=EnvironmentChange,
    operation_id="createEnvironment",
    responses=refusals(
        NameTaken,
        EnvironmentLimitReached,
        UnknownRegion,
        NoCapacity,
        PortsExhausted,
    ),
)
def create_environment(
    account_id: str, body: NewEnvironment, session: DbSession, principal: Creator, once: Once
) -> Response:
    """Create an environment: an engine of its own, reachable within a second. Follow `operationId` for progress."""
    create = partial(service.create, session, principal, account_id, body.name, body.region)
    return once(principal.user_id, lambda: change_view(session, create()))


@router.get("", operation_id="listEnvironments")
def list_environments(
    account_id: str,
    session: DbSession,
    principal: Reader,
    name: Annotated[str | None, Query(description="only the one with exactly this name", max_length=100)] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[EnvironmentView]:
    """All environments of the account, deleted and not yet destroyed ones included."""
    query = repository.visible_to(principal).where(Environment.account_id == account_id)
    if name is not None:
        query = query.where(Environment.name == name)
    rows, following = page(session, query, Environment.environment_id, after, limit)
    keys = repository.identity_keys_of(session, [row.environment_id for row in rows])
    items = [view(row, keys[row.environment_id]) for row in rows if keys[row.environment_id]]
    return Page[EnvironmentView](items=items, next=following)


@router.get("/{environment_id}", operation_id="getEnvironment")
def get_environment(account_id: str, environment_id: str, session: DbSession, principal: Reader) -> EnvironmentView:
    """One environment with its addresses and its signing public key."""
    environment = service.get(session, principal, account_id, environment_id)
    return view(environment, repository.identity_keys(session, environment_id))


@router.get("/{environment_id}/operations", operation_id="listEnvironmentOperations")
def list_environment_operations(
    account_id: str, environment_id: str, session: DbSession, principal: Reader, after: After = None, limit: Limit = 50
) -> Page[OperationView]:
    """The changes of one environment, newest first: what was asked for, how it went, and why if it failed."""
    environment = service.get(session, principal, account_id, environment_id)
    query = operations.of_environment(environment.account_id, environment.environment_id)
    rows, following = page(session, query, Operation.operation_id, after, limit, newest_first=True)
    return Page[OperationView](items=[OperationView.model_validate(row) for row in rows], next=following)


@router.delete(
    "/{environment_id}",
    status_code=status.HTTP_202_ACCEPTED,
    operation_id="deleteEnvironment",
    responses=refusals(EnvironmentDeleted, PurgeInProgress),
)
def delete_environment(
    account_id: str,
    environment_id: str,
    session: DbSession,
    principal: Deleter,
    purge: Annotated[bool, Query(description="destroy data and keys at once; cannot be undone")] = False,
) -> EnvironmentChange:
    """Delete: calls stop at once, data stays restorable for some days (`purgeAt`)."""
    if purge:
        principal.check(Permission.ENVIRONMENT_PURGE, account_id)
    act = service.purge if purge else service.delete
    return change_view(session, act(session, principal, account_id, environment_id))


@router.post(
    "/{environment_id}/restore",
    status_code=status.HTTP_202_ACCEPTED,
    operation_id="restoreEnvironment",
    responses=refusals(NotDeleted, PurgeInProgress),
)
def restore_environment(
    account_id: str, environment_id: str, session: DbSession, principal: Deleter
) -> EnvironmentChange:
    """Bring a deleted environment back with its data, addresses, signing key and API keys."""
    return change_view(session, service.restore(session, principal, account_id, environment_id))


def view(environment: Environment, keys: Mapping[str, IdentityKey]) -> EnvironmentView:
    """Raises `NotFound` when it has no keys: it has been destroyed since it was read."""
    if not keys:
        raise NotFound("environment")
    urls, following, limits = addresses.of(environment), keys.get(KeyState.NEXT), effective(environment)
    return EnvironmentView(
        environment_id=environment.environment_id,
        account_id=environment.account_id,
        name=environment.name,
        region=environment.region,
        status=Status(environment.status),
        status_reason=environment.status_reason,
        ingress_base_url=urls.ingress,
        admin_base_url=urls.admin,
        host=urls.host,
        proxy_base_url=urls.tunnel_proxy,
        tunnel_srv=urls.tunnel_srv,
        signing_public_key=keys[KeyState.CURRENT].public_key,
        next_signing_public_key=following.public_key if following else None,
        engine_version=environment.engine_version,
        requests_per_second=limits.requests_per_second,
        requests_in_flight=limits.requests_in_flight,
        request_size_limit_bytes=limits.request_size_limit_bytes,
        query_seconds=limits.query_seconds,
        read_only=environment.read_only,
        paused_at=environment.paused_at,
        created_at=environment.created_at,
        deleted_at=environment.deleted_at,
        purge_at=environment.purge_at,
    )


def change_view(session: Session, change: service.Change) -> EnvironmentChange:
    environment, operation = change
    keys = repository.identity_keys(session, environment.environment_id)
    shown = view(environment, keys).model_dump(by_alias=False)
    return EnvironmentChange(**shown, operation_id=operation.operation_id)

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from controlplane.auth import Permission, Principal, require
from controlplane.core import database
from controlplane.core.database import DbSession
from controlplane.core.idempotency_service import Once
from controlplane.core.openapi import refusals
from controlplane.core.pagination import After, Limit, Page, page
from controlplane.environments import service as environments
from controlplane.environments.errors import EnvironmentDeleted, EnvironmentPaused
from controlplane.environments.models import IdentityKey
from controlplane.identity_keys import checking, repository, service, views
from controlplane.identity_keys.errors import (
    DeploymentsUnknown,
    KeyInUse,
    NextKeyExists,
    NextKeyNotAccepted,
    NoNextKey,
    NoPreviousKey,
    PreviousKeyExists,
)
from controlplane.identity_keys.schemas import (
    DeploymentChecks,
    Deployments,
    IdentityKeyView,
    KeyChange,
    SwitchKey,
)
from controlplane.provisioning.endpoints import Caller

router = APIRouter(prefix="/accounts/{account_id}/environments/{environment_id}/identity-keys", tags=["identity keys"])
internal_router = APIRouter(prefix="/internal/v1/deployments", tags=["runners"])
Reader = Annotated[Principal, Depends(require(Permission.IDENTITY_KEY_READ))]
Trier = Annotated[Principal, Depends(require(Permission.SERVICE_PREFLIGHT))]
Manager = Annotated[Principal, Depends(require(Permission.IDENTITY_KEY_MANAGE))]
_UNFORCED = SwitchKey()


@router.get("", operation_id="listIdentityKeys")
def list_identity_keys(
    account_id: str, environment_id: str, session: DbSession, principal: Reader, after: After = None, limit: Limit = 50
) -> Page[IdentityKeyView]:
    """The keys this environment's engine signs its calls with, oldest first, destroyed ones too."""
    environments.get(session, principal, account_id, environment_id)
    query = repository.of_environment(environment_id)
    rows, following = page(session, query, IdentityKey.identity_key_id, after, limit)
    return Page[IdentityKeyView](items=[IdentityKeyView.model_validate(row) for row in rows], next=following)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=IdentityKeyView,
    operation_id="publishIdentityKey",
    responses=refusals(NextKeyExists, PreviousKeyExists, EnvironmentDeleted),
)
def publish_identity_key(
    account_id: str, environment_id: str, session: DbSession, principal: Manager, once: Once
) -> Response:
    """Publish the next key. Give its public half to your services beside the other, and then switch."""
    publish = partial(service.publish, session, principal, account_id, environment_id)
    return once(principal.user_id, lambda: IdentityKeyView.model_validate(publish()))


@router.get("/check", operation_id="getIdentityKeyCheck")
def get_identity_key_check(
    account_id: str, environment_id: str, session: DbSession, principal: Reader
) -> DeploymentChecks:
    """Which deployment accepted which key when it was last tried."""
    return views.checks(session, principal, account_id, environment_id)


@router.post(
    "/check",
    operation_id="checkIdentityKeys",
    responses=refusals(EnvironmentDeleted, EnvironmentPaused, DeploymentsUnknown),
)
def check_identity_keys(account_id: str, environment_id: str, session: DbSession, principal: Trier) -> DeploymentChecks:
    """Try every deployment of the engine now with each key: a signed discovery, which runs no handler."""
    asked = checking.ask(session, principal, account_id, environment_id)
    database.commit(session)
    checking.run(asked)
    return views.checks(session, principal, account_id, environment_id)


@router.post(
    "/switch",
    status_code=status.HTTP_202_ACCEPTED,
    operation_id="switchIdentityKey",
    responses=refusals(NoNextKey, NextKeyNotAccepted, EnvironmentDeleted, EnvironmentPaused, DeploymentsUnknown),
)
def switch_identity_key(
    account_id: str, environment_id: str, session: DbSession, principal: Manager, body: SwitchKey = _UNFORCED
) -> KeyChange:
    """Sign with the next key from now on. Refused while a deployment does not accept it, which is tried first."""
    tried = None
    if not body.force:
        tried = service.next_key_id(session, principal, account_id, environment_id)
        asked = checking.ask(session, principal, account_id, environment_id)
        database.commit(session)
        checking.must_accept(checking.run(asked), tried)
    return _changed(service.switch(session, principal, account_id, environment_id, tried=tried))


@router.post(
    "/rollback",
    status_code=status.HTTP_202_ACCEPTED,
    operation_id="rollBackIdentityKey",
    responses=refusals(NoPreviousKey, EnvironmentDeleted),
)
def roll_back_identity_key(account_id: str, environment_id: str, session: DbSession, principal: Manager) -> KeyChange:
    """Sign with the previous key again; the one that signed is the next key again."""
    return _changed(service.roll_back(session, principal, account_id, environment_id))


@router.post(
    "/finish", operation_id="finishIdentityKey", responses=refusals(NoPreviousKey, KeyInUse, EnvironmentDeleted)
)
def finish_identity_key(
    account_id: str, environment_id: str, session: DbSession, principal: Manager
) -> IdentityKeyView:
    """Destroy the previous key: nobody can sign with it any more, and services may forget it."""
    return IdentityKeyView.model_validate(service.finish(session, principal, account_id, environment_id))


@router.delete(
    "/{identity_key_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    operation_id="deleteIdentityKey",
    responses=refusals(KeyInUse, EnvironmentDeleted),
)
def delete_identity_key(
    account_id: str, environment_id: str, identity_key_id: str, session: DbSession, principal: Manager
) -> None:
    """Destroy the next key instead of switching to it."""
    service.delete(session, principal, account_id, environment_id, identity_key_id)


@internal_router.post("", status_code=status.HTTP_204_NO_CONTENT)
def report_deployments(body: Deployments, session: DbSession, runner: Caller) -> None:
    """What the runner was asked for: an engine's deployments."""
    checking.take(session, runner.runner_id, body.environment_id, body.items)


def _changed(change: service.Changed) -> KeyChange:
    key, operation = change
    return KeyChange(operation_id=operation.operation_id, signing_public_key=key.public_key)

"""API keys by RPC. Roles are named as the hosted service names them; ours are accepted too."""

from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from controlplane.api_keys import repository, roles, service
from controlplane.api_keys.errors import ApiKeyLimitReached
from controlplane.api_keys.models import ApiKey
from controlplane.auth import Permission, Principal, require
from controlplane.cli_api.routes import RpcRoute
from controlplane.cli_api.schemas import (
    ApiKeyDescription,
    ApiKeys,
    CliApiKey,
    CreateApiKey,
    CreatedApiKey,
    DeleteApiKey,
    DescribeApiKey,
    ListApiKeys,
    Outcome,
)
from controlplane.core.database import DbSession
from controlplane.core.errors import NotFound
from controlplane.core.openapi import refusals
from controlplane.environments.errors import EnvironmentDeleted

router = APIRouter(prefix="/cloud/{account_id}", tags=["stock CLI"], route_class=RpcRoute)
Reader = Annotated[Principal, Depends(require(Permission.API_KEY_READ))]
Creator = Annotated[Principal, Depends(require(Permission.API_KEY_CREATE))]
Revoker = Annotated[Principal, Depends(require(Permission.API_KEY_REVOKE))]


@router.post(
    "/CreateApiKey", operation_id="cliCreateApiKey", responses=refusals(ApiKeyLimitReached, EnvironmentDeleted)
)
def create_api_key(account_id: str, body: CreateApiKey, session: DbSession, principal: Creator) -> CreatedApiKey:
    """Create an API key of an environment. `apiKey` is shown in this response only."""
    key, secret = service.create(
        session, principal, account_id, body.environment_id, body.description, body.role_id, None
    )
    return CreatedApiKey(**_described(account_id, key).model_dump(by_alias=False), api_key=secret)


@router.post("/ListApiKeys", operation_id="cliListApiKeys")
def list_api_keys(account_id: str, body: ListApiKeys, session: DbSession, principal: Reader) -> ApiKeys:
    """The environment's keys that are not revoked; never a secret."""
    service.visible_environment(session, principal, account_id, body.environment_id)
    keys = repository.all_of(session, body.environment_id)
    return ApiKeys(api_keys=[CliApiKey(key_id=key.key_id, environment_id=key.environment_id) for key in keys])


@router.post("/DescribeApiKey", operation_id="cliDescribeApiKey")
def describe_api_key(account_id: str, body: DescribeApiKey, session: DbSession, principal: Reader) -> ApiKeyDescription:
    """One key without its secret."""
    return _described(account_id, _found(session, principal, account_id, body))


@router.post("/DeleteApiKey", operation_id="cliDeleteApiKey")
def delete_api_key(account_id: str, body: DeleteApiKey, session: DbSession, principal: Revoker) -> Outcome:
    """Revoke a key for good; calls with it are refused a moment later."""
    service.revoke(session, principal, account_id, body.environment_id, body.key_id)
    return Outcome()


def _found(session: Session, principal: Principal, account_id: str, asked: DescribeApiKey) -> ApiKey:
    service.visible_environment(session, principal, account_id, asked.environment_id)
    keys = repository.all_of(session, asked.environment_id)
    key = next((key for key in keys if key.key_id == asked.key_id), None)
    if key is None:
        raise NotFound("API key")
    return key


def _described(account_id: str, key: ApiKey) -> ApiKeyDescription:
    return ApiKeyDescription(
        key_id=key.key_id,
        environment_id=key.environment_id,
        account_id=account_id,
        role_id=roles.stock_name(key.role),
        description=key.description,
    )

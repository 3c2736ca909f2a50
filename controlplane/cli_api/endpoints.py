"""`/cloud/...`: POST for everything, and the bodies of the listing calls are empty despite their JSON content type."""

from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from controlplane.accounts import repository as accounts
from controlplane.api_keys import repository as api_keys
from controlplane.auth import Caller, Permission, Principal, require
from controlplane.cli_api.schemas import (
    Accounts,
    CliAccount,
    CliApiKey,
    CliEnvironment,
    DescribeEnvironment,
    Description,
    Environments,
)
from controlplane.core.database import DbSession
from controlplane.environments import addresses, repository, service
from controlplane.environments.models import Environment
from controlplane.environments.status import Status

router = APIRouter(prefix="/cloud", tags=["stock CLI"])
Reader = Annotated[Principal, Depends(require(Permission.ENVIRONMENT_READ))]


@router.post("/ListAccounts", operation_id="cliListAccounts")
def list_accounts(session: DbSession, principal: Caller) -> Accounts:
    """The caller's accounts."""
    mine = accounts.all_visible_to(session, principal)
    return Accounts(accounts=[CliAccount(account_id=a.account_id, name=a.name) for a in mine])


@router.post("/{account_id}/ListEnvironments", operation_id="cliListEnvironments")
def list_environments(account_id: str, session: DbSession, principal: Reader) -> Environments:
    """The account's environments that are not deleted."""
    query = repository.visible_to(principal).where(
        Environment.account_id == account_id, Environment.status != Status.DELETED
    )
    rows = session.scalars(query.order_by(Environment.environment_id))
    return Environments(
        environments=[CliEnvironment(environment_id=e.environment_id, name=e.name, region=e.region) for e in rows]
    )


@router.post("/{account_id}/DescribeEnvironment", operation_id="cliDescribeEnvironment")
def describe_environment(
    account_id: str, body: DescribeEnvironment, session: DbSession, principal: Reader
) -> Description:
    """Addresses and signing key of one environment."""
    return _description(session, service.get(session, principal, account_id, body.environment_id))


def _description(session: Session, environment: Environment) -> Description:
    urls, environment_id = addresses.of(environment), environment.environment_id
    keys = api_keys.all_of(session, environment_id)
    return Description(
        environment_id=environment_id,
        name=environment.name,
        region=environment.region,
        status="ACTIVE" if environment.status == Status.SUSPENDED else environment.status,
        signing_public_key=repository.identity_key(session, environment_id).public_key,
        ingress_base_url=urls.ingress,
        admin_base_url=urls.admin,
        proxy_base_url=urls.tunnel_proxy,
        tunnel_base_url=urls.tunnel_relay,
        tunnel_srv=urls.tunnel_srv,
        api_keys=[CliApiKey(key_id=key.key_id, environment_id=environment_id) for key in keys],
    )

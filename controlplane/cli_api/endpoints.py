"""`/cloud/...`: POST for everything, and the bodies of the listing calls are empty despite their JSON content type."""

from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from controlplane.accounts import repository as accounts
from controlplane.accounts.errors import AccountLimitReached, NameTaken
from controlplane.accounts.models import Account
from controlplane.api_keys import repository as api_keys
from controlplane.auth import Caller, Permission, Principal, require
from controlplane.cli_api import unix_time
from controlplane.cli_api.routes import RpcRoute
from controlplane.cli_api.schemas import (
    Accounts,
    CliAccount,
    CliApiKey,
    CliEnvironment,
    CreateAccount,
    CreateEnvironment,
    DescribeEnvironment,
    Description,
    DestroyEnvironment,
    Environments,
    GetEnvironmentLogs,
    Identity,
    LogLine,
    Logs,
    Outcome,
    UpdateAccount,
)
from controlplane.core.database import DbSession
from controlplane.core.openapi import refusals
from controlplane.environments import addresses, repository, service
from controlplane.environments.errors import EnvironmentLimitReached, PortsExhausted, PurgeInProgress
from controlplane.environments.errors import NameTaken as EnvironmentNameTaken
from controlplane.environments.models import Environment
from controlplane.environments.status import Status
from controlplane.logs import service as logs
from controlplane.members import account_changes
from controlplane.members import service as members
from controlplane.runners.service import NoCapacity, UnknownRegion

router = APIRouter(prefix="/cloud", tags=["stock CLI"], route_class=RpcRoute)
Reader = Annotated[Principal, Depends(require(Permission.ENVIRONMENT_READ))]
Creator = Annotated[Principal, Depends(require(Permission.ENVIRONMENT_CREATE))]
Purger = Annotated[Principal, Depends(require(Permission.ENVIRONMENT_PURGE))]
LogReader = Annotated[Principal, Depends(require(Permission.LOG_READ))]


@router.post("/GetUserIdentity", operation_id="cliGetUserIdentity")
def get_user_identity(principal: Caller) -> Identity:
    """Whose access token this is."""
    return Identity(user_id=principal.user_id, email=principal.email)


@router.post("/ListAccounts", operation_id="cliListAccounts")
def list_accounts(session: DbSession, principal: Caller) -> Accounts:
    """The caller's accounts."""
    mine = accounts.all_visible_to(session, principal)
    return Accounts(accounts=[_account(a) for a in mine])


@router.post("/CreateAccount", operation_id="cliCreateAccount", responses=refusals(NameTaken, AccountLimitReached))
def create_account(body: CreateAccount, session: DbSession, principal: Caller) -> CliAccount:
    """Create an account; you become its owner."""
    return _account(members.found_account(session, principal, body.name))


@router.post("/UpdateAccount", operation_id="cliUpdateAccount", responses=refusals(NameTaken))
def update_account(body: UpdateAccount, session: DbSession, principal: Caller) -> CliAccount:
    """Rename an account, if your role in it permits that."""
    return _account(account_changes.update(session, principal, body.account_id, body.name, None)[0])


@router.post(
    "/{account_id}/CreateEnvironment", operation_id="cliCreateEnvironment",
    responses=refusals(EnvironmentNameTaken, EnvironmentLimitReached, UnknownRegion, NoCapacity, PortsExhausted),
)  # fmt: skip
def create_environment(
    account_id: str, body: CreateEnvironment, session: DbSession, principal: Creator
) -> CliEnvironment:
    """Create an environment: an engine of its own, reachable within a second."""
    return _environment(service.create(session, principal, account_id, body.name, body.region)[0])


@router.post("/{account_id}/ListEnvironments", operation_id="cliListEnvironments")
def list_environments(account_id: str, session: DbSession, principal: Reader) -> Environments:
    """The account's environments that are not deleted."""
    query = repository.visible_to(principal).where(
        Environment.account_id == account_id, Environment.status != Status.DELETED
    )
    rows = session.scalars(query.order_by(Environment.environment_id))
    return Environments(environments=[_environment(e) for e in rows])


@router.post("/{account_id}/DescribeEnvironment", operation_id="cliDescribeEnvironment")
def describe_environment(
    account_id: str, body: DescribeEnvironment, session: DbSession, principal: Reader
) -> Description:
    """Addresses and signing key of one environment."""
    return _description(session, service.get(session, principal, account_id, body.environment_id))


@router.post(
    "/{account_id}/DestroyEnvironment", operation_id="cliDestroyEnvironment", responses=refusals(PurgeInProgress)
)
def destroy_environment(account_id: str, body: DestroyEnvironment, session: DbSession, principal: Purger) -> Outcome:
    """Destroy an environment's data and keys at once; cannot be undone."""
    service.purge(session, principal, account_id, body.environment_id)
    return Outcome()


@router.post("/{account_id}/GetEnvironmentLogs", operation_id="cliGetEnvironmentLogs")
def get_environment_logs(account_id: str, body: GetEnvironmentLogs, session: DbSession, principal: LogReader) -> Logs:
    """The last lines of an environment's log from `start` on and before `end`, oldest first."""
    start, end = unix_time.read(body.start), unix_time.read(body.end)
    lines = logs.lines(session, principal, account_id, body.environment_id, start, end, logs.MOST_LINES)
    return Logs(lines=[LogLine(unix_nanos=str(logs.unix_nanos(line.at)), line=line.line) for line in lines])


def _account(account: Account) -> CliAccount:
    return CliAccount(account_id=account.account_id, name=account.name)


def _environment(environment: Environment) -> CliEnvironment:
    return CliEnvironment(environment_id=environment.environment_id, name=environment.name, region=environment.region)


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

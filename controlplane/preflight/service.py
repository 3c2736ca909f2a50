"""What is read before a trial, and the trial itself, which holds no transaction: it waits for other people's hosts."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from controlplane.auth import Principal
from controlplane.aws import door
from controlplane.core.destinations import Destinations
from controlplane.core.ids import label
from controlplane.core.outbound import place
from controlplane.environments import addresses, identity
from controlplane.environments import repository as environment_rows
from controlplane.environments import service as environments
from controlplane.environments.errors import EnvironmentDeleted
from controlplane.environments.models import Environment, IdentityKey
from controlplane.environments.status import Status
from controlplane.outbound_policy import service as outbound_policy
from controlplane.preflight import endpoint, lambda_role, targets
from controlplane.preflight.checks import Failed, Report
from controlplane.preflight.endpoint import Caller
from controlplane.preflight.schemas import Preflight
from controlplane.preflight.signing import discovery_headers
from controlplane.preflight.targets import Target
from controlplane.preflight.tunnels import is_own_tunnel


@dataclass(frozen=True)
class Trial:
    """Everything a trial needs of the database."""

    account_id: str
    environment_id: str
    tunnel_proxy: str
    destinations: Destinations
    caller: Caller


def prepare(session: Session, by: Principal, account_id: str, environment_id: str) -> Trial:
    """Raises `NotFound`, `EnvironmentDeleted`."""
    environment = environments.get(session, by, account_id, environment_id)
    return trial(session, environment, environment_rows.identity_key(session, environment_id))


def trial(session: Session, environment: Environment, key: IdentityKey) -> Trial:
    """One with this key of the environment's. Raises `EnvironmentDeleted`."""
    pem, environment_id = identity.private_pem(key), environment.environment_id
    if environment.status == Status.DELETED or pem is None:
        raise EnvironmentDeleted("This environment is deleted. Restore it before you try services with it.")
    return Trial(
        environment.account_id,
        environment_id,
        addresses.of(environment).tunnel_proxy,
        outbound_policy.destinations(session, environment_id),
        Caller(discovery_headers(environment_id, key.public_key, pem), key.public_key),
    )


def run(trial: Trial, asked: Preflight) -> Report:
    """Raises `Busy`."""
    report = Report()
    with place("preflight", 8, tenant=trial.account_id):
        try:
            if asked.arn is not None:
                function = lambda_role.Function(asked.arn, asked.assume_role_arn, trial.environment_id)
                lambda_role.run(function, trial.caller, door.AwsDoor(), report)
            else:
                _try_url(trial, asked, targets.parsed(asked.uri or ""), report)
        except Failed as failed:
            report.checks.append(failed.check)
    return report


def _try_url(trial: Trial, asked: Preflight, target: Target, report: Report) -> None:
    report.passed("uri", "The URL is one.")
    if asked.tunnel_name is None:
        own = is_own_tunnel(target, targets.parsed(trial.tunnel_proxy), label(trial.environment_id))
        endpoint.run(
            target, None if own else trial.destinations, trial.caller, use_http11=asked.use_http11, report=report
        )
        return
    scheme, host = ("https" if target.secure else "http"), target.authority.rpartition(":")[0] or target.authority
    path = f"/{label(trial.environment_id)}/{asked.tunnel_name}/{scheme}/{host}/{target.port}{target.path}"
    proxy = targets.parsed(trial.tunnel_proxy + path + (f"?{target.query}" if target.query else ""))
    # The proxy is the plane's own, and where the tunnel leads is its customer's side's matter.
    endpoint.run(proxy, None, trial.caller, use_http11=asked.use_http11, report=report)

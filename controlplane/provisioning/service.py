"""Specs for runners, and what their reports do to an environment."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.api_keys import service as api_keys
from controlplane.core import clock
from controlplane.core.errors import NotFound
from controlplane.environments import addresses, identity, routes, upgrading
from controlplane.environments import repository as environments
from controlplane.environments.effective import effective
from controlplane.environments.identity import KeyState
from controlplane.environments.models import Environment, IdentityKey
from controlplane.environments.status import Desired, Status, move
from controlplane.logs import service as logs
from controlplane.operations import service as operations
from controlplane.outbound_policy import repository as outbound_policies
from controlplane.outbound_policy import service as outbound_policy
from controlplane.outbound_policy.models import OutboundPolicy
from controlplane.provisioning import repository
from controlplane.provisioning.schemas import Outbound, Report, Spec
from controlplane.workload_identity import service as workload_rules

SETTLED = {Desired.RUNNING: "READY", Desired.STOPPED: "STOPPED", Desired.ABSENT: "ABSENT"}


def specs(session: Session, runner_id: str) -> list[Spec]:
    """Everything this runner should keep, and what it should still destroy."""
    rows = repository.of_runner(session, runner_id)
    keys = environments.identity_keys_of(session, [environment.environment_id for environment in rows])
    policies = outbound_policies.of_runner(session, runner_id)
    names = outbound_policies.names_of_runner(session, runner_id)
    return [
        spec(
            row,
            keys[row.environment_id].get(KeyState.CURRENT),
            policies.get(row.environment_id),
            names.get(row.environment_id, ()),
        )
        for row in rows
    ]


def spec_of(session: Session, runner_id: str, environment_id: str) -> Spec:
    """One of this runner's. Raises `NotFound` for another runner's."""
    environment = repository.one_of_runner(session, runner_id, environment_id)
    if environment is None:
        raise NotFound("environment on this runner")
    key = environments.identity_keys(session, environment_id).get(KeyState.CURRENT)
    policy = outbound_policies.find(session, environment_id)
    return spec(environment, key, policy, outbound_policies.names(session, environment_id))


def spec(
    environment: Environment,
    key: IdentityKey | None,
    policy: OutboundPolicy | None = None,
    names: Sequence[str] = (),
) -> Spec:
    """The private key goes along unless it is to be destroyed, or is. `names` were admitted below a `*.`."""
    urls, reach = addresses.of(environment), outbound_policy.reach(policy, names)
    wanted = environment.desired != Desired.ABSENT
    return Spec(
        environment_id=environment.environment_id,
        generation=environment.generation,
        desired=environment.desired,
        gently=environment.status == Status.SUSPENDED,
        engine_version=environment.engine_version,
        signing_key_pem=identity.private_pem(key) if wanted and key else None,
        ingress_url=urls.ingress,
        admin_url=urls.admin,
        request_size_limit_bytes=effective(environment).request_size_limit_bytes,
        outbound=Outbound(
            networks=[str(one) for one in reach.networks],
            refused_networks=[str(one) for one in reach.refused_networks],
            refused_ports=list(reach.refused_ports),
            tunnel_proxy=urls.tunnel_proxy,
            hosts=list(reach.hosts),
        ),
    )


def apply(session: Session, runner_id: str, report: Report) -> None:
    """Take over what the runner saw, unless the plane has changed its mind since (another generation)."""
    environment = repository.one_of_runner_locked(session, runner_id, report.environment_id)
    if environment is None or environment.purged_at or report.generation != environment.generation:
        return
    settled = report.state == SETTLED[Desired(environment.desired)]
    if settled and environment.observed_generation != report.generation:
        environment.observed_generation = report.generation
    _follow(session, environment, report)
    operations.engine_seen(
        session,
        environment.environment_id,
        report.generation,
        done=settled,
        error=_told(environment, report) if report.state == "FAILED" else None,
    )
    if environment.desired == Desired.RUNNING and report.state == "FAILED":
        upgrading.failed(session, environment)


def _follow(session: Session, environment: Environment, report: Report) -> None:
    if environment.desired == Desired.ABSENT:
        if report.state == "ABSENT":
            _forget(session, environment)
    elif environment.desired == Desired.RUNNING:
        if report.state == "READY":
            move(environment, Status.ACTIVE)
            upgrading.came_up(environment)
        elif report.state == "FAILED":
            move(environment, Status.FAILED, _reason(report))


def _forget(session: Session, environment: Environment) -> None:
    """The data is gone; destroy the keys too and give back name, ports and route."""
    environment.purged_at = clock.now()
    for key in environments.identity_keys(session, environment.environment_id).values():
        identity.destroy(key)
    api_keys.revoke_all(session, environment.environment_id)
    workload_rules.delete_all(session, environment.environment_id)
    logs.forget(session, environment.environment_id)
    outbound_policy.forget(session, environment.environment_id)
    routes.withdraw_route(session, environment)
    audit.record(session, None, "environment.destroyed", environment.environment_id, environment.account_id)


def _told(environment: Environment, report: Report) -> str:
    if (previous := environment.previous_engine_version) is None or environment.desired != Desired.RUNNING:
        return _reason(report)
    return f"{environment.engine_version} does not come up, so {previous} is started again. {_reason(report)}"[:500]


def _reason(report: Report) -> str:
    # PostgreSQL stores no NUL, and what an engine prints may hold one.
    reason = (report.reason or "").replace("\0", "").strip()
    return (reason or "The engine does not start; see the environment's logs.")[:500]

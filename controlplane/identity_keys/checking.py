"""Which deployment takes calls signed with which key: the runner names them, the plane makes each a signed discovery.

No transaction is held while others are waited for.
"""

import json
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy.orm import Session

from controlplane.auth import Principal
from controlplane.core import clock, crypto
from controlplane.core.database import transaction
from controlplane.core.outbound import place
from controlplane.core.queue import nudge
from controlplane.environments import repository as environment_rows
from controlplane.environments import service as environments
from controlplane.environments.errors import EnvironmentDeleted, EnvironmentPaused
from controlplane.environments.identity import KeyState
from controlplane.environments.models import IdentityKey
from controlplane.environments.status import Status
from controlplane.identity_keys import repository
from controlplane.identity_keys.errors import DeploymentsUnknown, NextKeyNotAccepted
from controlplane.identity_keys.models import DeploymentReport, IdentityKeyCheck
from controlplane.identity_keys.schemas import Deployment
from controlplane.preflight import service as preflight
from controlplane.preflight.checks import Report
from controlplane.preflight.headers import passable
from controlplane.preflight.schemas import Preflight
from controlplane.runners import service as runners

TASK = "runner.deployments"
REPORT_SECONDS = 10.0
MOST_SECONDS = 30.0
_AT_ONCE = 4
_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Asked:
    """A question to the runner, and how to try each of the environment's keys once it has answered."""

    account_id: str
    environment_id: str
    at: datetime
    trials: dict[str, preflight.Trial]


@dataclass(frozen=True)
class Verdict:
    deployment: Deployment
    identity_key_id: str
    accepted: bool | None
    message: str


def ask(session: Session, by: Principal, account_id: str, environment_id: str) -> Asked:
    """Goes out with the commit. Raises `NotFound`, `EnvironmentDeleted`, `EnvironmentPaused`."""
    environment = environments.get(session, by, account_id, environment_id)
    if environment.status == Status.DELETED:
        raise EnvironmentDeleted(
            "This environment is deleted, so that nothing calls its deployments. Restore it first."
        )
    if environment.status == Status.SUSPENDED:
        raise EnvironmentPaused(
            "This environment is paused, so that its engine cannot be asked which services to try. Wake it first, or "
            "switch with force."
        )
    keys = environment_rows.identity_keys(session, environment_id)
    trials = {key.identity_key_id: preflight.trial(session, environment, key) for key in _in_order(keys.values())}
    nudge(session, TASK, environment_id, queue=runners.queue(environment.runner_id))
    return Asked(account_id, environment_id, clock.now(), trials)


def run(asked: Asked) -> list[Verdict]:
    """Try every deployment, and keep what came of it. Raises `DeploymentsUnknown`, `Busy`."""
    # Whoever asks waits for a node and for tenants' services, and holds a place of the API's meanwhile.
    with place("identity key checks", 4, tenant=asked.account_id):
        verdicts = _verdicts(asked)
    with transaction() as session:
        _store(session, asked.environment_id, verdicts)
    return verdicts


def must_accept(verdicts: Sequence[Verdict], identity_key_id: str) -> None:
    """Raises `NextKeyNotAccepted` with the deployments that do not, or may not."""
    against = [one for one in verdicts if one.identity_key_id == identity_key_id and one.accepted is not True]
    if against:
        uris = [one.deployment.uri or one.deployment.arn or "" for one in against]
        raise NextKeyNotAccepted(
            f"The next key is not accepted, as far as is known, by {', '.join(uris[:10])}. "
            "Give their SDKs both keys and try again, delete those that are no more, or switch with force.",
            {
                "deployments": [
                    {"deploymentId": one.deployment.id, "uri": uri, "message": one.message}
                    for one, uri in zip(against, uris, strict=True)
                ]
            },
        )


def take(session: Session, runner_id: str, environment_id: str, deployments: list[Deployment]) -> None:
    """A runner's answer. That of another's environment is ignored."""
    environment = environment_rows.any_locked(session, environment_id)
    if environment is None or environment.runner_id != runner_id:
        return
    text = json.dumps([one.model_dump() for one in deployments])
    session.merge(
        DeploymentReport(
            environment_id=environment_id,
            sealed_deployments=crypto.seal(text.encode(), environment_id),
            reported_at=clock.now(),
        )
    )


def _in_order(keys: Iterable[IdentityKey]) -> list[IdentityKey]:
    """The one that signs first: where that does not get through, no other is tried."""
    return sorted(keys, key=lambda key: key.state != KeyState.CURRENT)


def _verdicts(asked: Asked) -> list[Verdict]:
    deployments, deadline = _reported(asked), time.monotonic() + MOST_SECONDS
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(lambda one: list(_tried(asked, one, deadline)), deployments)
        return [verdict for verdicts in found for verdict in verdicts]


def _reported(asked: Asked) -> list[Deployment]:
    deadline = time.monotonic() + REPORT_SECONDS
    while time.monotonic() < deadline:
        with transaction() as session:
            report = repository.report(session, asked.environment_id)
            if report is not None and report.reported_at >= asked.at:
                text = crypto.unseal(report.sealed_deployments, asked.environment_id)
                session.delete(report)
                return [Deployment.model_validate(one) for one in json.loads(text)]
        time.sleep(_LOOK_SECONDS)
    raise DeploymentsUnknown(
        "The environment's node did not say in time which deployments there are. Try again; if that goes on, look at "
        "the environment's status."
    )


def _tried(asked: Asked, deployment: Deployment, deadline: float) -> Iterable[Verdict]:
    unreached: str | None = None
    for identity_key_id, trial in asked.trials.items():
        accepted, message = None, unreached
        if message is None:
            accepted, message = _accepted(trial, deployment, deadline)
            unreached = message if accepted is None else None
        yield Verdict(deployment, identity_key_id, accepted, message)


def _accepted(trial: preflight.Trial, deployment: Deployment, deadline: float) -> tuple[bool | None, str]:
    if time.monotonic() > deadline:
        return None, "There was no time left to try it. Try again, or delete deployments that are no more."
    report = _report(trial, deployment)
    if report is None:
        return None, "The control plane cannot try a deployment of this kind."
    verdict = next((check for check in report.checks if check.name == "identity"), report.checks[-1])
    accepted = verdict.ok if verdict.name == "identity" else None
    return accepted, verdict.message if accepted is not None else f"Not known: {verdict.message}"


def _report(trial: preflight.Trial, deployment: Deployment) -> Report | None:
    try:
        asked = Preflight(
            uri=deployment.uri,
            arn=deployment.arn,
            assume_role_arn=deployment.assume_role_arn if deployment.arn else None,
            use_http11=bool(deployment.uri) and (deployment.http_version or "").startswith("HTTP/1"),
        )
    except ValidationError:
        return None
    headers = {**passable(deployment.additional_headers or {}), **trial.caller.headers}
    return preflight.run(replace(trial, caller=replace(trial.caller, headers=headers)), asked)


def _store(session: Session, environment_id: str, verdicts: Sequence[Verdict]) -> None:
    known = {(row.deployment_id, row.identity_key_id): row for row in repository.checks(session, environment_id)}
    now = clock.now()
    for one in verdicts:
        before = known.pop((one.deployment.id, one.identity_key_id), None)
        accepted_before = before.accepted_at if before else None
        session.merge(
            IdentityKeyCheck(
                environment_id=environment_id,
                deployment_id=one.deployment.id,
                identity_key_id=one.identity_key_id,
                uri=one.deployment.uri or one.deployment.arn or "",
                accepted=one.accepted,
                message=one.message[:500],
                checked_at=now,
                accepted_at=now if one.accepted else accepted_before,
            )
        )
    present = {one.deployment.id for one in verdicts}
    for row in known.values():
        if row.deployment_id not in present:
            session.delete(row)

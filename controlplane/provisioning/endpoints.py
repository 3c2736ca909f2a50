"""The runners' half of the internal API (docs/wire.md)."""

from typing import Annotated

from fastapi import APIRouter, Depends, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.exc import SQLAlchemyError

from controlplane.core.database import DbSession, transaction
from controlplane.core.errors import Unauthenticated
from controlplane.logs import service as environment_logs
from controlplane.logs.schemas import Delivery
from controlplane.provisioning import service
from controlplane.provisioning.schemas import Heartbeat, Reports, Spec, Specs
from controlplane.runners import service as runners
from controlplane.runners.models import Runner

router = APIRouter(prefix="/internal/v1", tags=["runners"])
_bearer = HTTPBearer(auto_error=False)


def authenticated_runner(
    credential: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Runner:
    """In a transaction of its own, so that a long poll holds none. Raises `Unauthenticated`."""
    if credential is None:
        raise Unauthenticated("Send the runner credential as a bearer token.")
    with transaction() as session:
        return runners.authenticate(session, credential.credentials)


Caller = Annotated[Runner, Depends(authenticated_runner)]


@router.get("/specs")
def all_specs(session: DbSession, runner: Caller) -> Specs:
    """Every spec of this runner."""
    return Specs(items=service.specs(session, runner.runner_id))


@router.get("/specs/{environment_id}")
def one_spec(environment_id: str, session: DbSession, runner: Caller) -> Spec:
    """One spec of this runner."""
    return service.spec_of(session, runner.runner_id, environment_id)


@router.post("/reports", status_code=status.HTTP_204_NO_CONTENT)
def report(body: Reports, runner: Caller) -> None:
    """What the runner sees. Each report is a transaction of its own, so that one cannot hold up the others."""
    failures: list[SQLAlchemyError] = []
    for item in body.items:
        try:
            with transaction() as session:
                service.apply(session, runner.runner_id, item)
        except SQLAlchemyError as error:
            failures.append(error)
    if failures:
        # The runner sends all of them again; those that went through change nothing a second time.
        raise failures[0]


@router.post("/logs", status_code=status.HTTP_204_NO_CONTENT)
def logs(body: Delivery, runner: Caller) -> None:
    """What the runner's engines log. Lines that are known already, and lines of other runners' engines, are ignored."""
    environment_logs.take(runner.runner_id, body)


@router.post("/heartbeat", status_code=status.HTTP_204_NO_CONTENT)
def heartbeat(body: Heartbeat, session: DbSession, runner: Caller) -> None:
    """The runner is alive."""
    row = session.get_one(Runner, runner.runner_id)
    runners.heartbeat(row, body.engines, body.version, body.engine_versions, body.egress)

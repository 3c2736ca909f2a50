"""Ending an environment's engine for a while, and starting it again. Doing either twice is doing it once."""

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core import clock
from controlplane.environments import service
from controlplane.environments.status import Desired, Status, move
from controlplane.operations import service as operations
from controlplane.operations.kinds import Kind


def pause(session: Session, by: Principal, account_id: str, environment_id: str) -> service.Change:
    """The edge refuses calls with the commit, then the engine is ended gently; everything it holds is kept.

    Raises `NotFound`, `EnvironmentDeleted`, `PurgeInProgress`.
    """
    environment = service.living_locked(session, by, account_id, environment_id)
    if environment.status == Status.SUSPENDED:
        return environment, operations.of_generation(session, environment_id, environment.generation)
    move(environment, Status.SUSPENDED, service.PAUSED)
    environment.desired, environment.paused_at = Desired.STOPPED, clock.now()
    audit.record(session, by, "environment.pause", environment_id, account_id)
    return environment, service.changed(session, environment, Kind.PAUSE)


def wake(session: Session, by: Principal, account_id: str, environment_id: str) -> service.Change:
    """Start a paused engine with all it held. Raises `NotFound`, `EnvironmentDeleted`, `PurgeInProgress`."""
    environment = service.living_locked(session, by, account_id, environment_id)
    if environment.status != Status.SUSPENDED:
        return environment, operations.of_generation(session, environment_id, environment.generation)
    move(environment, Status.PENDING)
    environment.desired, environment.paused_at = Desired.RUNNING, None
    audit.record(session, by, "environment.wake", environment_id, account_id)
    return environment, service.changed(session, environment, Kind.WAKE)

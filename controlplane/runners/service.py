"""Registration, authentication and placement of runners."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core import clock, tokens
from controlplane.core.errors import ApplicationError, NotFound, Unauthenticated
from controlplane.runners import repository
from controlplane.runners.models import Runner

SILENT_AFTER = timedelta(seconds=60)
_MOST_VERSIONS = 100
_VERSION = re.compile(r"[0-9A-Za-z.+-]{1,32}")


class UnknownRegion(ApplicationError):
    status = 400
    code = "unknown_region"


class NoCapacity(ApplicationError):
    status = 503
    code = "no_capacity"


def queue(runner_id: str) -> str:
    """The Celery queue on which this runner takes hints."""
    return f"runner.{runner_id}"


def register(session: Session, runner_id: str, region: str, credential: str, capacity: int) -> Runner:
    """Create the runner or give it this credential; running it twice changes nothing."""
    digest = tokens.digest(credential)
    runner = session.get(Runner, runner_id, with_for_update=True)
    if runner is None:
        runner = Runner(runner_id=runner_id, engines=0, created_at=clock.now())
        session.add(runner)
        audit.record(session, None, "runner.register", runner_id, details={"region": region})
    runner.region, runner.credential_digest, runner.capacity = region, digest, capacity
    return runner


def authenticate(session: Session, credential: str) -> Runner:
    """The runner this credential belongs to. Raises `Unauthenticated`."""
    runner = repository.by_credential(session, tokens.digest(credential))
    if runner is None:
        raise Unauthenticated("This runner credential is unknown. Register the runner with `controlplane init`.")
    return runner


def place(session: Session, region: str) -> Runner:
    """The runner of the region with the most room, those that give signs of life first.

    Its room is taken here: its own count follows with the next heartbeat only. Raises `UnknownRegion` or `NoCapacity`.
    """
    runners = repository.of_region_locked(session, region)
    if not runners:
        known = ", ".join(repository.regions(session))
        raise UnknownRegion(f"There is no region {region!r}. Regions here: {known or 'none yet'}.")
    with_room = [runner for runner in runners if runner.engines < runner.capacity and not runner.draining]
    if not with_room:
        raise NoCapacity(f"Region {region!r} has no room for another environment. Ask its operator to add a runner.")
    chosen = max(with_room, key=lambda runner: (is_alive(runner), runner.capacity - runner.engines))
    chosen.engines += 1
    return chosen


def set_draining(session: Session, by: Principal | None, runner_id: str, *, draining: bool) -> Runner:
    """A draining runner takes no new environments; those it has stay where they are. Raises `NotFound`."""
    runner = session.get(Runner, runner_id, with_for_update=True)
    if runner is None:
        raise NotFound(f"There is no runner {runner_id!r}.")
    if runner.draining != draining:
        runner.draining = draining
        details = {"before": {"draining": not draining}, "after": {"draining": draining}}
        audit.record(session, by, "runner.update", runner_id, details=details)
    return runner


def is_alive(runner: Runner) -> bool:
    return runner.heartbeat_at is not None and runner.heartbeat_at > clock.now() - SILENT_AFTER


class Egress(Protocol):
    """Whether a runner's kernel holds engines to their outbound policies; else why not, and what to do."""

    @property
    def active(self) -> bool: ...
    @property
    def reason(self) -> str | None: ...


def heartbeat(
    runner: Runner, engines: int, version: str, engine_versions: Sequence[str] = (), egress: Egress | None = None
) -> None:
    """Note that the runner is alive, how many engines it keeps, of which versions it could, and what holds them."""
    runner.engine_versions = [version for version in engine_versions if _VERSION.fullmatch(version)][:_MOST_VERSIONS]
    runner.egress_active = egress.active if egress else None
    # PostgreSQL stores no NUL.
    runner.egress_reason = egress.reason.replace("\0", "")[:300] if egress and egress.reason else None
    runner.engines, runner.version, runner.heartbeat_at = engines, version, clock.now()

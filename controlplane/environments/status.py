"""The only writer of an environment's status, and the table of moves it allows."""

from enum import StrEnum

from controlplane.environments.models import Environment


class Status(StrEnum):
    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    FAILED = "FAILED"
    DELETED = "DELETED"


class Desired(StrEnum):
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    ABSENT = "ABSENT"


MOVES: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.ACTIVE, Status.SUSPENDED, Status.FAILED, Status.DELETED}),
    Status.ACTIVE: frozenset({Status.SUSPENDED, Status.FAILED, Status.DELETED}),
    Status.SUSPENDED: frozenset({Status.PENDING, Status.DELETED}),
    Status.FAILED: frozenset({Status.ACTIVE, Status.PENDING, Status.SUSPENDED, Status.DELETED}),
    Status.DELETED: frozenset({Status.PENDING, Status.SUSPENDED}),
}


class ForbiddenMove(Exception):
    """A status change outside the table: a defect of ours, never a user's doing."""


def move(environment: Environment, to: Status, reason: str | None = None) -> None:
    """Move to `to` with a reason a person can act on. Raises `ForbiddenMove`."""
    now = Status(environment.status) if environment.status else None
    if now is not None and now is not to and to not in MOVES[now]:
        raise ForbiddenMove(f"{now} → {to}")
    environment.status, environment.status_reason = to.value, reason

"""An operation follows one generation of one environment: a newer change of the same environment cancels it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from controlplane.core import clock
from controlplane.core.errors import NotFound
from controlplane.core.ids import new_id
from controlplane.core.schema import rfc3339
from controlplane.operations import repository
from controlplane.operations.kinds import Kind, OperationStatus
from controlplane.operations.models import Operation

STEPS: dict[Kind, tuple[str, ...]] = {
    Kind.CREATE: ("reserve", "start_engine", "verify_ready"),
    Kind.DELETE: ("close_edge", "stop_engine"),
    Kind.RESTORE: ("open_edge", "start_engine", "verify_ready"),
    Kind.RESTORE_PAUSED: ("keep_data", "keep_stopped"),
    Kind.PURGE: ("close_edge", "destroy_data"),
    Kind.PAUSE: ("close_edge", "stop_engine"),
    Kind.WAKE: ("open_edge", "start_engine", "verify_ready"),
    Kind.UPGRADE: ("change_version", "restart_engine", "verify_ready"),
    Kind.UNDO_UPGRADE: ("change_version", "restart_engine", "verify_ready"),
    Kind.LIMIT: ("edge", "restart_engine"),
    Kind.SWITCH_KEY: ("change_key", "restart_engine"),
    Kind.ROLL_BACK_KEY: ("change_key", "restart_engine"),
}


def start(session: Session, kind: Kind, account_id: str, environment_id: str, generation: int) -> Operation:
    """A running operation whose first step (done in this transaction) has succeeded. Cancels the open ones."""
    for open_operation in repository.unfinished(session, environment_id):
        _end(open_operation, OperationStatus.CANCELLED, "A newer change of this environment took its place.")
    operation = Operation(
        operation_id=new_id("op"),
        account_id=account_id,
        environment_id=environment_id,
        kind=kind.value,
        generation=generation,
        status=OperationStatus.RUNNING,
        steps=[_step(name) for name in STEPS[kind]],
        created_at=clock.now(),
    )
    session.add(operation)
    _advance(operation, done=1)
    return operation


def get(session: Session, operation_id: str, account_ids: Sequence[str]) -> Operation:
    """One operation of these accounts. Raises `NotFound`."""
    operation = repository.find(session, operation_id, account_ids)
    if operation is None:
        raise NotFound("operation")
    return operation


def of_generation(session: Session, environment_id: str, generation: int) -> Operation:
    """The change that led to this generation; every generation has one."""
    operation = repository.latest(session, environment_id, generation)
    assert operation is not None  # noqa: S101 - environments.changed raises the generation and starts it in one step
    return operation


def engine_seen(session: Session, environment_id: str, generation: int, *, done: bool, error: str | None) -> None:
    """Carry what the runner saw into the operation of that generation: settled, failing, or on its way."""
    operation = repository.latest(session, environment_id, generation)
    if operation is None or operation.status in (OperationStatus.SUCCEEDED, OperationStatus.CANCELLED):
        return
    if done:
        _end(operation, OperationStatus.SUCCEEDED, None)
    elif error:
        _end(operation, OperationStatus.FAILED, error)
    else:
        _advance(operation, done=min(1, len(operation.steps) - 1))


def _step(name: str) -> dict[str, Any]:
    return {"name": name, "status": OperationStatus.PENDING, "startedAt": None, "endedAt": None}


def _advance(operation: Operation, done: int) -> None:
    """Mark the first `done` steps succeeded and the next one running."""
    operation.status, operation.error, operation.ended_at = OperationStatus.RUNNING, None, None
    wanted = [OperationStatus.SUCCEEDED] * done + [OperationStatus.RUNNING]
    _set_steps(operation, wanted + [OperationStatus.PENDING] * (len(operation.steps) - len(wanted)))


def _end(operation: Operation, status: OperationStatus, error: str | None) -> None:
    operation.status, operation.error, operation.ended_at = status, error, clock.now()
    _set_steps(operation, [_left(OperationStatus(step["status"]), status) for step in operation.steps])


def _left(step: OperationStatus, end: OperationStatus) -> OperationStatus:
    """What becomes of a step: what has succeeded has, and what a failure was not reached by is still to come."""
    if end is OperationStatus.SUCCEEDED or step is OperationStatus.SUCCEEDED:
        return OperationStatus.SUCCEEDED
    return step if end is OperationStatus.FAILED and step is OperationStatus.PENDING else end


def _set_steps(operation: Operation, statuses: Sequence[OperationStatus]) -> None:
    pairs = zip(operation.steps, statuses, strict=True)
    operation.steps = [_moved(step, status) for step, status in pairs]


def _moved(step: dict[str, Any], status: OperationStatus) -> dict[str, Any]:
    at = rfc3339(clock.now())
    started = step["startedAt"] or (at if status not in (OperationStatus.PENDING, OperationStatus.CANCELLED) else None)
    ended = (step["endedAt"] or at) if status not in (OperationStatus.PENDING, OperationStatus.RUNNING) else None
    return {**step, "status": status.value, "startedAt": started, "endedAt": ended}

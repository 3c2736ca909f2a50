"""Rules of an environment's life: every change is one transaction of row, operation, audit event and edge entry."""

from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.accounts import service as accounts
from controlplane.auth import Principal
from controlplane.core import clock
from controlplane.core.errors import NotFound
from controlplane.core.ids import new_id
from controlplane.core.queue import nudge
from controlplane.environments import addresses, errors, identity, repository, routes
from controlplane.environments.models import Environment
from controlplane.environments.status import Desired, Status, move
from controlplane.operations import service as operations
from controlplane.operations.kinds import Kind
from controlplane.operations.models import Operation
from controlplane.runners import service as runners
from controlplane.settings import settings

Change = tuple[Environment, Operation]
CONVERGE = "runner.converge"
PAUSED = "Paused: it takes no calls, and its timers wait until it is woken."


def create(session: Session, by: Principal, account_id: str, name: str, region: str | None) -> Change:
    """A new environment in PENDING. Raises `NameTaken`, `EnvironmentLimitReached`, `UnknownRegion`, `NoCapacity`."""
    accounts.lock(session, account_id)
    _check_room(session, account_id, name)
    environment = _new(session, by, account_id, name, region or settings().region)
    try:
        session.flush()
    except IntegrityError as error:
        raise _name_taken(name) from error
    session.add(identity.new_key(environment.environment_id))
    audit.record(session, by, "environment.create", environment.environment_id, account_id, {"name": name})
    return environment, changed(session, environment, Kind.CREATE)


def get(session: Session, by: Principal, account_id: str, environment_id: str) -> Environment:
    """Raises `NotFound`."""
    return _found(repository.find(session, by, account_id, environment_id))


def delete(session: Session, by: Principal, account_id: str, environment_id: str) -> Change:
    """Stop it and keep its data for `deleted_environment_days`. Raises `NotFound`, `EnvironmentDeleted`."""
    environment = _found(repository.find_locked(session, by, account_id, environment_id))
    if environment.status == Status.DELETED:
        raise errors.EnvironmentDeleted(
            "This environment is deleted already. Restore it, or destroy it by ?purge=true."
        )
    move(environment, Status.DELETED, f"Deleted; restorable for {settings().deleted_environment_days} days.")
    environment.desired = Desired.STOPPED
    environment.deleted_at = clock.now()
    environment.purge_at = environment.deleted_at + timedelta(days=settings().deleted_environment_days)
    audit.record(session, by, "environment.delete", environment_id, account_id)
    return environment, changed(session, environment, Kind.DELETE)


def restore(session: Session, by: Principal, account_id: str, environment_id: str) -> Change:
    """Bring a deleted environment back with its data, keys and addresses; one that was paused comes back paused.

    Raises `NotDeleted`, `PurgeInProgress`.
    """
    environment = locked(session, by, account_id, environment_id)
    if environment.status != Status.DELETED:
        raise errors.NotDeleted("This environment is not deleted, so there is nothing to restore.")
    environment.deleted_at, environment.purge_at = None, None
    audit.record(session, by, "environment.restore", environment_id, account_id)
    if environment.paused_at:
        move(environment, Status.SUSPENDED, PAUSED)
        return environment, changed(session, environment, Kind.RESTORE_PAUSED)
    move(environment, Status.PENDING)
    environment.desired = Desired.RUNNING
    return environment, changed(session, environment, Kind.RESTORE)


def purge(session: Session, by: Principal, account_id: str, environment_id: str) -> Change:
    """Destroy data and keys now; cannot be undone. Raises `NotFound`, `PurgeInProgress`."""
    environment = _found(repository.find_locked(session, by, account_id, environment_id))
    return environment, purge_now(session, by, environment)


def purge_now(session: Session, by: Principal | None, environment: Environment) -> Operation:
    """The same for a row already locked; `by` is null when its time has come."""
    _refuse_purging(environment)
    move(environment, Status.DELETED, "Its data and keys are being destroyed.")
    environment.desired = Desired.ABSENT
    environment.deleted_at = environment.deleted_at or clock.now()
    environment.purge_at = clock.now()
    audit.record(session, by, "environment.purge", environment.environment_id, environment.account_id)
    return changed(session, environment, Kind.PURGE)


def _new(session: Session, by: Principal, account_id: str, name: str, region: str) -> Environment:
    runner, s = runners.place(session, region), settings()
    environment = Environment(
        environment_id=new_id("env"),
        account_id=account_id,
        name=name,
        region=region,
        runner_id=runner.runner_id,
        port_index=_port_index(session) if s.loopback_mode else None,
        desired=Desired.RUNNING,
        generation=0,
        observed_generation=0,
        engine_version=s.engine_version,
        requests_per_second=s.environment_requests_per_second,
        requests_in_flight=s.environment_requests_in_flight,
        request_size_limit_bytes=s.environment_request_size_limit_bytes,
        query_seconds=s.environment_query_seconds,
        own_limits={},
        read_only=False,
        created_by=by.user_id,
        created_at=clock.now(),
    )
    move(environment, Status.PENDING)
    session.add(environment)
    return environment


def _port_index(session: Session) -> int:
    index = repository.free_port_index(session, addresses.reserved_indexes())
    if settings().environment_ports_from + 2 * index + 1 > 65535:
        raise errors.PortsExhausted("No loopback ports are left. Purge environments, or run with host names instead.")
    return index


def changed(session: Session, environment: Environment, kind: Kind) -> Operation:
    """What every change of the desired state ends with."""
    environment.generation += 1
    routes.publish_route(session, environment)
    nudge(session, CONVERGE, environment.environment_id, queue=runners.queue(environment.runner_id))
    session.flush()
    return operations.start(session, kind, environment.account_id, environment.environment_id, environment.generation)


def _check_room(session: Session, account_id: str, name: str) -> None:
    holder = repository.named(session, account_id, name)
    if holder is not None:
        raise _name_taken(name, deleted=holder.status == Status.DELETED)
    limit = settings().environments_per_account
    if repository.count(session, account_id) >= limit:
        raise errors.EnvironmentLimitReached(f"This account has its limit of {limit} environments. Purge one first.")


def _name_taken(name: str, *, deleted: bool = False) -> errors.NameTaken:
    if deleted:
        return errors.NameTaken(
            f"A deleted environment holds the name {name!r}. Restore it, or purge it to free the name."
        )
    return errors.NameTaken(f"This account already has an environment named {name!r}. Choose another name.")


def _found(environment: Environment | None) -> Environment:
    if environment is None:
        raise NotFound("environment")
    return environment


def locked(session: Session, by: Principal, account_id: str, environment_id: str) -> Environment:
    """To be changed; it may be deleted. Raises `NotFound`, `PurgeInProgress`."""
    environment = _found(repository.find_locked(session, by, account_id, environment_id))
    _refuse_purging(environment)
    return environment


def living_locked(session: Session, by: Principal, account_id: str, environment_id: str) -> Environment:
    """To be changed. Raises `NotFound`, `PurgeInProgress`, `EnvironmentDeleted`."""
    environment = locked(session, by, account_id, environment_id)
    if environment.status == Status.DELETED:
        raise errors.EnvironmentDeleted("This environment is deleted. Restore it first.")
    return environment


def _refuse_purging(environment: Environment) -> None:
    if environment.desired == Desired.ABSENT:
        raise errors.PurgeInProgress("This environment is being destroyed; that cannot be undone.")

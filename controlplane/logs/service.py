"""Taking lines from runners, giving them to members, and keeping no more than the plane has room for."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from controlplane.auth import Permission, Principal
from controlplane.core import clock
from controlplane.core.database import transaction
from controlplane.environments import service as environments
from controlplane.logs import repository
from controlplane.logs.models import LogStream
from controlplane.logs.repository import Filter, Logged
from controlplane.logs.schemas import Delivery, NewLine, NewLines, Source
from controlplane.settings import settings

MOST_LINES = 10_000
MOST_BYTES = 8 * 1024 * 1024
"""Of what is answered at once, that is, held in memory."""
BATCH = 5000
MOST_BATCHES = 100
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def take(runner_id: str, delivery: Delivery) -> None:
    """Store what is new. Environments that are purged or another runner's are passed over.

    Each environment in a transaction of its own, so that none waits for another's lock.
    """
    for item in delivery.items:
        with transaction() as session:
            _take(session, runner_id, item)


def lines(
    session: Session,
    by: Principal,
    account_id: str,
    environment_id: str,
    start: datetime | None,
    end: datetime | None,
    limit: int,
) -> Sequence[Logged]:
    """The last `limit` lines with `start` ≤ at < `end`, oldest first; fewer when they are long.

    Raises `NotFound`, `PermissionDenied`.
    """
    by.check(Permission.LOG_READ, account_id)
    environments.get(session, by, account_id, environment_id)
    return repository.last(session, environment_id, Filter(start, end), limit, MOST_BYTES)


def unix_nanos(at: datetime) -> int:
    """Exact: a float has no room for nanoseconds of today."""
    return (at - _EPOCH) // timedelta(microseconds=1) * 1000


def sweep() -> None:
    """Delete what is too old or too much, a bounded batch at a time. May run twice, and at the same time as itself."""
    s = settings()
    before = clock.now() - timedelta(hours=s.log_hours)
    for _ in range(MOST_BATCHES):
        with transaction() as session:
            if repository.delete_older(session, before, BATCH) < BATCH:
                break
    with transaction() as session:
        oversized = repository.oversized(session, s.log_lines, s.log_bytes, s.log_edge_lines)
        too_much = [stream.environment_id for stream in oversized]
    for environment_id in too_much:
        _shrink(environment_id)


def forget(session: Session, environment_id: str) -> None:
    """The environment has been destroyed."""
    repository.forget(session, environment_id)


def _take(session: Session, runner_id: str, item: NewLines) -> None:
    if not repository.environment_held(session, runner_id, item.environment_id):
        return
    stream = repository.stream_locked(session, item.environment_id)
    fresh = _fresh(item.lines, stream.last_sequence)
    if not fresh:
        return
    # A time to come would outlive its retention.
    repository.add(session, item.environment_id, fresh, latest=clock.now())
    stream.last_sequence = fresh[-1].sequence
    stream.kept_lines += len(fresh)
    stream.kept_bytes += sum(len(line.line.encode()) for line in fresh)
    stream.kept_edge_lines += sum(line.source is Source.EDGE for line in fresh)
    repository.announce(session, item.environment_id)


def _fresh(given: Sequence[NewLine], last: int) -> list[NewLine]:
    """Those after the last one that is known, each number once."""
    by_number = {line.sequence: line for line in given if line.sequence > last}
    return [by_number[number] for number in sorted(by_number)]


def _shrink(environment_id: str) -> None:
    """To nine tenths of what is allowed, so that it is not needed again with the next line."""
    while True:
        with transaction() as session:
            stream = repository.stream_locked(session, environment_id)
            if not (_drop_of_edge(session, stream) or _drop(session, stream)):
                return


def _drop_of_edge(session: Session, stream: LogStream) -> int:
    """First: they shall not cost the engine's lines their room."""
    excess = stream.kept_edge_lines - settings().log_edge_lines * 9 // 10
    return (
        repository.delete_oldest(session, stream.environment_id, min(excess, BATCH), Source.EDGE) if excess > 0 else 0
    )


def _drop(session: Session, stream: LogStream) -> int:
    s = settings()
    excess = stream.kept_lines - s.log_lines * 9 // 10
    per_line = max(1, stream.kept_bytes // max(1, stream.kept_lines))
    excess = max(excess, -(-(stream.kept_bytes - s.log_bytes * 9 // 10) // per_line))
    return repository.delete_oldest(session, stream.environment_id, min(excess, BATCH)) if excess > 0 else 0

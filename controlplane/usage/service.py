"""Taking minutes from runners, making hours and days of them, and giving them to members."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Row
from sqlalchemy.orm import Session

from controlplane.auth import Permission, Principal
from controlplane.core import clock
from controlplane.core.database import transaction
from controlplane.environments import service as environments
from controlplane.settings import settings
from controlplane.usage import repository
from controlplane.usage.models import UsageDay, UsageHour, UsageMinute
from controlplane.usage.schemas import RecentUsage, Step, ToldMinute

LATEST = timedelta(hours=1)
"""A minute that comes later than this is not taken."""
_AHEAD = timedelta(minutes=2)
# A minute that was taken at the last moment is stored by then.
_CLOSED = LATEST + timedelta(minutes=5)
RECENT = 60
MOST = timedelta(days=400)
_PAST = {Step.MINUTE: timedelta(hours=1), Step.HOUR: timedelta(days=1), Step.DAY: timedelta(days=30)}
Rows = Sequence[Row[Any]]


def take(session: Session, runner_id: str, items: Sequence[ToldMinute]) -> None:
    """Environments that are not this runner's, and minutes too long ago or to come, are passed over."""
    own = repository.of_runner(session, runner_id, {item.environment_id for item in items})
    now = clock.now()
    # In one order, so that two reports never wait for each other.
    told = sorted(
        (item for item in items if item.environment_id in own), key=lambda one: (one.environment_id, one.minute)
    )
    rows = [row for item in told if now - LATEST <= (row := _row(item))["at"] <= now + _AHEAD]
    if rows:
        repository.put(session, rows)


def of_environment(
    session: Session, by: Principal, account_id: str, environment_id: str, step: Step, since: datetime, until: datetime
) -> Rows:
    """Steps with `since` ≤ at < `until`. Raises `NotFound`."""
    environments.get(session, by, account_id, environment_id)
    return repository.of_environment(session, environment_id, step, since, until)


def of_account(session: Session, by: Principal, account_id: str, since: datetime, until: datetime) -> Rows:
    """By environment and day. Raises `NotFound`, `PermissionDenied`."""
    by.check(Permission.ENVIRONMENT_READ, account_id)
    return repository.of_account(session, by, account_id, since, until)


def recent(session: Session, by: Principal, account_id: str) -> tuple[datetime, list[RecentUsage]]:
    """The last minutes of every environment, and when the first began. Raises `NotFound`, `PermissionDenied`."""
    by.check(Permission.ENVIRONMENT_READ, account_id)
    since = begin(Step.MINUTE, clock.now()) - timedelta(minutes=RECENT - 1)
    return since, [_plotted(row) for row in repository.recent(session, by, account_id, since)]


def begin(step: Step, at: datetime) -> datetime:
    """When the step began that `at`, in UTC, falls into."""
    at = at.replace(second=0, microsecond=0)
    if step is not Step.MINUTE:
        at = at.replace(minute=0)
    return at.replace(hour=0) if step is Step.DAY else at


def past(step: Step) -> timedelta:
    """So long is shown of it when nobody says how long."""
    return _PAST[step]


def sweep() -> None:
    """Make hours and days that are over, then forget what is kept no longer. May run twice, and at the same time."""
    s, now = settings(), clock.now()
    with transaction() as session:
        for step in (Step.HOUR, Step.DAY):
            repository.roll_up(session, step, before=begin(step, now - _CLOSED))
    kept = {
        UsageMinute: timedelta(hours=s.usage_minute_hours),
        UsageHour: timedelta(days=s.usage_hour_days),
        UsageDay: timedelta(days=s.usage_day_days),
    }
    with transaction() as session:
        repository.delete_before(session, {table: now - length for table, length in kept.items()})


def _row(item: ToldMinute) -> dict[str, Any]:
    return item.model_dump(by_alias=False, exclude={"minute"}) | {"at": begin(Step.MINUTE, item.minute)}


def _plotted(row: Row[Any]) -> RecentUsage:
    requests, errors, p50_ms = [0] * RECENT, [0] * RECENT, cast("list[float | None]", [None] * RECENT)
    for place, number, wrong, latency in zip(row.minutes, row.requests, row.errors, row.p50_ms, strict=True):
        # A runner's clock may be ahead of ours.
        if place < RECENT:
            requests[place], errors[place], p50_ms[place] = number, wrong, latency
    return RecentUsage(environment_id=row.environment_id, requests=requests, errors=errors, p50_ms=p50_ms)

"""Counts that edges tell. However hard a tenant tries, an environment has a bounded number of rows, all its own."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from controlplane.auth import Principal
from controlplane.core import clock
from controlplane.core.database import transaction
from controlplane.environments import service as environments
from controlplane.throttling import repository
from controlplane.throttling.models import ThrottledRequests
from controlplane.throttling.schemas import Throttled

KEPT = timedelta(hours=24)
MOST_NAMED = 50
"""Principals of one environment and hour; the others are counted together."""


def take(session: Session, runner_id: str, items: Sequence[Throttled]) -> None:
    """Environments that are not this runner's, and hours that are not kept or have not begun, are passed over."""
    own = repository.of_runner(session, runner_id, {item.environment_id for item in items})
    now = clock.now()
    # In one order, so that two edges never wait for each other.
    for item in sorted(items, key=lambda one: (one.environment_id, one.hour, one.limit, one.principal)):
        hour = _hour(item.hour)
        if item.environment_id in own and now - KEPT <= hour <= now:
            named = repository.named(session, item.environment_id, hour)
            principal = item.principal if item.principal in named or len(named) < MOST_NAMED else ""
            repository.add(session, item.environment_id, hour, item.limit, principal, item.count)


def of_environment(
    session: Session, by: Principal, account_id: str, environment_id: str
) -> Sequence[ThrottledRequests]:
    """Raises `NotFound`."""
    environments.get(session, by, account_id, environment_id)
    return repository.of_environment(session, environment_id, clock.now() - KEPT)


def sweep() -> None:
    """Forget what nobody is shown any more."""
    with transaction() as session:
        repository.delete_before(session, _hour(clock.now() - KEPT))


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)

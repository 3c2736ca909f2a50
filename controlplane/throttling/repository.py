from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from controlplane.environments.models import Environment
from controlplane.throttling.models import ThrottledRequests


def of_environment(session: Session, environment_id: str, since: datetime) -> Sequence[ThrottledRequests]:
    """Ask only for an environment the principal may see."""
    query = select(ThrottledRequests).where(
        ThrottledRequests.environment_id == environment_id, ThrottledRequests.hour >= since
    )
    order = (ThrottledRequests.hour.desc(), ThrottledRequests.limit, ThrottledRequests.count.desc())
    return session.scalars(query.order_by(*order, ThrottledRequests.principal)).all()


def of_runner(session: Session, runner_id: str, environment_ids: Collection[str]) -> set[str]:
    """Those that are this runner's and not purged."""
    query = select(Environment.environment_id).where(
        Environment.environment_id.in_(environment_ids),
        Environment.runner_id == runner_id,
        Environment.purged_at.is_(None),
    )
    return set(session.scalars(query))


def named(session: Session, environment_id: str, hour: datetime) -> set[str]:
    """The principals that have rows of this hour."""
    query = select(ThrottledRequests.principal).where(
        ThrottledRequests.environment_id == environment_id, ThrottledRequests.hour == hour
    )
    return set(session.scalars(query))


def add(session: Session, environment_id: str, hour: datetime, limit: str, principal: str, count: int) -> None:
    """Two edges may tell of the same hour at once."""
    row = insert(ThrottledRequests).values(
        environment_id=environment_id, hour=hour, limit=limit, principal=principal, count=count
    )
    key = ("environment_id", "hour", "limit", "principal")
    session.execute(
        row.on_conflict_do_update(
            index_elements=key, set_={"count": func.least(ThrottledRequests.count + count, 2**62)}
        )
    )


def delete_before(session: Session, hour: datetime) -> None:
    session.execute(delete(ThrottledRequests).where(ThrottledRequests.hour < hour))

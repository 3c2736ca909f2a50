from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from controlplane.environments.models import Environment
from controlplane.environments.status import Desired, Status


def of_runner(session: Session, runner_id: str) -> Sequence[Environment]:
    query = select(Environment).where(Environment.runner_id == runner_id, Environment.purged_at.is_(None))
    return session.scalars(query.order_by(Environment.environment_id)).all()


def one_of_runner(session: Session, runner_id: str, environment_id: str) -> Environment | None:
    query = select(Environment).where(Environment.runner_id == runner_id, Environment.environment_id == environment_id)
    return session.scalars(query).one_or_none()


def one_of_runner_locked(session: Session, runner_id: str, environment_id: str) -> Environment | None:
    query = select(Environment).where(Environment.runner_id == runner_id, Environment.environment_id == environment_id)
    return session.scalars(query.with_for_update()).one_or_none()


def unsettled(session: Session) -> Sequence[Environment]:
    query = select(Environment).where(
        Environment.generation != Environment.observed_generation, Environment.purged_at.is_(None)
    )
    return session.scalars(query).all()


def due_for_purge(session: Session, now: datetime) -> Sequence[Environment]:
    """Locked; rows another sweep holds are left to it."""
    query = select(Environment).where(
        Environment.status == Status.DELETED, Environment.desired == Desired.STOPPED, Environment.purge_at <= now
    )
    return session.scalars(query.limit(50).with_for_update(skip_locked=True)).all()

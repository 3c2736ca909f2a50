from sqlalchemy import select
from sqlalchemy.orm import Session

from controlplane.environments.models import Environment


def of_runner(session: Session, runner_id: str, environment_id: str) -> Environment | None:
    query = select(Environment).where(
        Environment.environment_id == environment_id,
        Environment.runner_id == runner_id,
        Environment.purged_at.is_(None),
    )
    return session.scalars(query).one_or_none()

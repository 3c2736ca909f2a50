from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from controlplane.operations.models import Operation


def find(session: Session, operation_id: str, account_ids: Sequence[str]) -> Operation | None:
    query = select(Operation).where(Operation.operation_id == operation_id, Operation.account_id.in_(account_ids))
    return session.scalars(query).one_or_none()


def of_environment(account_id: str, environment_id: str) -> Select[Operation]:
    """Every change of one environment, for whoever may see it."""
    return select(Operation).where(Operation.account_id == account_id, Operation.environment_id == environment_id)


def latest(session: Session, environment_id: str, generation: int) -> Operation | None:
    query = select(Operation).where(Operation.environment_id == environment_id, Operation.generation == generation)
    return session.scalars(query.order_by(Operation.operation_id.desc()).limit(1)).one_or_none()


def unfinished(session: Session, environment_id: str) -> Sequence[Operation]:
    query = select(Operation).where(Operation.environment_id == environment_id, Operation.status == "RUNNING")
    return session.scalars(query).all()

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from controlplane.environments.models import Environment
from controlplane.outbound_policy.models import OutboundPolicy


def find(session: Session, environment_id: str) -> OutboundPolicy | None:
    """Ask only for an environment the principal may see."""
    return session.get(OutboundPolicy, environment_id)


def of_runner(session: Session, runner_id: str) -> dict[str, OutboundPolicy]:
    """By environment."""
    query = select(OutboundPolicy).join(Environment).where(Environment.runner_id == runner_id)
    return {row.environment_id: row for row in session.scalars(query)}


def with_additions(session: Session) -> Sequence[OutboundPolicy]:
    query = select(OutboundPolicy).where(
        func.cardinality(OutboundPolicy.networks) + func.cardinality(OutboundPolicy.hosts) > 0
    )
    return session.scalars(query.order_by(OutboundPolicy.environment_id)).all()


def held_port_indexes(session: Session) -> list[int]:
    """The pairs of loopback ports that environments have now."""
    query = select(Environment.port_index).where(Environment.purged_at.is_(None), Environment.port_index.is_not(None))
    return [index for index in session.scalars(query) if index is not None]

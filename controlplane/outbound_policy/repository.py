from sqlalchemy import select
from sqlalchemy.orm import Session

from controlplane.environments.models import Environment
from controlplane.outbound_policy.models import OutboundPolicy


def find(session: Session, environment_id: str) -> OutboundPolicy | None:
    """Ask only for an environment the principal may see."""
    return session.get(OutboundPolicy, environment_id)


def held_port_indexes(session: Session) -> list[int]:
    """The pairs of loopback ports that environments have now."""
    query = select(Environment.port_index).where(Environment.purged_at.is_(None), Environment.port_index.is_not(None))
    return [index for index in session.scalars(query) if index is not None]

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from controlplane.environments.models import Environment
from controlplane.tunnels.models import Tunnel

_KEY = ("node", "environment_id", "name")


def of_environment(session: Session, environment_id: str) -> Sequence[Tunnel]:
    """Ask only for an environment the principal may see."""
    query = select(Tunnel).where(Tunnel.environment_id == environment_id)
    return session.scalars(query.order_by(Tunnel.name, Tunnel.node)).all()


def living(session: Session, environment_ids: Collection[str]) -> set[str]:
    """Those that exist and are not purged."""
    query = select(Environment.environment_id).where(
        Environment.environment_id.in_(environment_ids), Environment.purged_at.is_(None)
    )
    return set(session.scalars(query))


def replace(session: Session, node: str, rows: Sequence[dict[str, Any]]) -> None:
    """These are all that the node knows of."""
    session.execute(delete(Tunnel).where(Tunnel.node == node))
    if rows:
        session.execute(insert(Tunnel), list(rows))

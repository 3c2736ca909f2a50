from sqlalchemy import select
from sqlalchemy.orm import Session

from controlplane.runners.models import Runner


def by_credential(session: Session, digest: str) -> Runner | None:
    return session.scalars(select(Runner).where(Runner.credential_digest == digest)).one_or_none()


def with_room(session: Session, region: str) -> Runner | None:
    """The runner of the region with the most room left, if any has room."""
    query = select(Runner).where(Runner.region == region, Runner.engines < Runner.capacity)
    return session.scalars(query.order_by((Runner.capacity - Runner.engines).desc()).limit(1)).one_or_none()


def regions(session: Session) -> list[str]:
    return list(session.scalars(select(Runner.region).distinct().order_by(Runner.region)))

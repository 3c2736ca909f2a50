from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from controlplane.runners.models import Runner


def by_credential(session: Session, digest: str) -> Runner | None:
    return session.scalars(select(Runner).where(Runner.credential_digest == digest)).one_or_none()


def of_region_locked(session: Session, region: str) -> Sequence[Runner]:
    """Until this transaction ends, nobody else takes room on these runners."""
    query = select(Runner).where(Runner.region == region).order_by(Runner.runner_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).all()


def regions(session: Session) -> list[str]:
    return list(session.scalars(select(Runner.region).distinct().order_by(Runner.region)))

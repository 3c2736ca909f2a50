from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from controlplane.environments.models import Environment
from controlplane.outbound_policy.models import OutboundName, OutboundPolicy


def find(session: Session, environment_id: str) -> OutboundPolicy | None:
    """Ask only for an environment the principal may see."""
    return session.get(OutboundPolicy, environment_id)


def of_runner(session: Session, runner_id: str) -> dict[str, OutboundPolicy]:
    """By environment."""
    query = select(OutboundPolicy).join(Environment).where(Environment.runner_id == runner_id)
    return {row.environment_id: row for row in session.scalars(query)}


def names(session: Session, environment_id: str) -> Sequence[str]:
    """Those that were admitted below a `*.`."""
    query = select(OutboundName.name).where(OutboundName.environment_id == environment_id)
    return session.scalars(query.order_by(OutboundName.name)).all()


def names_of_runner(session: Session, runner_id: str) -> Mapping[str, Sequence[str]]:
    """By environment."""
    query = select(OutboundName).join(Environment).where(Environment.runner_id == runner_id)
    found = defaultdict(list)
    for row in session.scalars(query.order_by(OutboundName.environment_id, OutboundName.name)):
        found[row.environment_id].append(row.name)
    return found


def keep_names(session: Session, environment_id: str, admitted: Collection[str], at: datetime, most: int) -> None:
    """The `most` that were admitted last stay."""
    rows = [{"environment_id": environment_id, "name": name, "admitted_at": at} for name in sorted(admitted)]
    write = insert(OutboundName).values(rows)
    session.execute(write.on_conflict_do_update(index_elements=["environment_id", "name"], set_={"admitted_at": at}))
    own = OutboundName.environment_id == environment_id
    latest = select(OutboundName.name).where(own).order_by(OutboundName.admitted_at.desc(), OutboundName.name)
    session.execute(delete(OutboundName).where(own, OutboundName.name.not_in(latest.limit(most))))


def forget_names(session: Session, environment_id: str) -> None:
    session.execute(delete(OutboundName).where(OutboundName.environment_id == environment_id))


def with_additions(session: Session) -> Sequence[OutboundPolicy]:
    query = select(OutboundPolicy).where(
        func.cardinality(OutboundPolicy.networks) + func.cardinality(OutboundPolicy.hosts) > 0
    )
    return session.scalars(query.order_by(OutboundPolicy.environment_id)).all()


def held_port_indexes(session: Session) -> list[int]:
    """The pairs of loopback ports that environments have now."""
    query = select(Environment.port_index).where(Environment.purged_at.is_(None), Environment.port_index.is_not(None))
    return [index for index in session.scalars(query) if index is not None]

"""Publishing a change to the edges, in the transaction of the change itself."""

from enum import StrEnum
from typing import Any

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from controlplane.core.database import before_commit
from controlplane.edge_log.models import EdgeChange, EdgeSequence

CHANNEL = "edge_changes"
_PENDING = "edge_changes"


class Table(StrEnum):
    """The edge tables of docs/wire.md."""

    ROUTES = "routes"
    PRINCIPALS = "principals"
    MEMBERS = "members"


def publish(session: Session, table: Table, entry: str, value: dict[str, Any] | None) -> None:
    """Tell the edges that `entry` of `table` now has `value` (null: is gone), if this transaction commits.

    The rows are written as the transaction's last act, so that the lock on the sequence is held for a moment only.
    """
    pending: list[tuple[Table, str, dict[str, Any] | None]] | None = session.info.get(_PENDING)
    if pending is None:
        pending = session.info[_PENDING] = []
        before_commit(session, lambda: _write(session))
    pending.append((table, entry, value))


def _write(session: Session) -> None:
    pending = session.info.pop(_PENDING)
    advance = update(EdgeSequence).values(value=EdgeSequence.value + len(pending)).returning(EdgeSequence.value)
    last = session.execute(advance).scalar_one()
    first = last - len(pending) + 1
    session.add_all(
        EdgeChange(sequence=first + i, table_name=table.value, entry=entry, value=value)
        for i, (table, entry, value) in enumerate(pending)
    )
    session.flush()
    session.execute(text("SELECT pg_notify(:channel, :last)"), {"channel": CHANNEL, "last": str(last)})

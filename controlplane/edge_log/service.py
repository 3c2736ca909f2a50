"""Publishing a change to the edges, in the transaction of the change itself."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from controlplane.core.database import Turn, before_commit
from controlplane.edge_log.models import EdgeChange, EdgeSequence

CHANNEL = "edge_changes"
_PENDING = "edge_changes"


class Table(StrEnum):
    """The edge tables of docs/wire.md."""

    ROUTES = "routes"
    PRINCIPALS = "principals"
    MEMBERS = "members"


Change = tuple[Table, str, dict[str, Any] | None]
Reader = Callable[[], Iterable[Change]]


@dataclass
class _Pending:
    changes: list[Change] = field(default_factory=list)
    readers: list[Reader] = field(default_factory=list)


def publish(session: Session, table: Table, entry: str, value: dict[str, Any] | None) -> None:
    """Tell the edges that `entry` of `table` now has `value` (null: is gone), if this transaction commits.

    The rows are written as the transaction's last act, so that the lock on the sequence is held for a moment only.
    """
    _pending(session).changes.append((table, entry, value))


def publish_read(session: Session, read: Reader) -> None:
    """The same for what depends on rows that others change at the same time.

    `read` is called behind the lock on the sequence: it sees what everybody committed who has published before, and
    whoever has not yet will see what this transaction did. So the last word on an entry is the true one.
    """
    _pending(session).readers.append(read)


def _pending(session: Session) -> _Pending:
    pending: _Pending | None = session.info.get(_PENDING)
    if pending is None:
        pending = session.info[_PENDING] = _Pending()
        before_commit(session, lambda: _write(session), Turn.EDGES)
    return pending


def _read(session: Session) -> list[Change]:
    pending: _Pending = session.info.pop(_PENDING)
    if pending.readers:
        session.flush()
        session.execute(select(EdgeSequence.value).with_for_update())
    return [*pending.changes, *(change for read in pending.readers for change in read())]


def _write(session: Session) -> None:
    changes = _read(session)
    if not changes:
        return
    advance = update(EdgeSequence).values(value=EdgeSequence.value + len(changes)).returning(EdgeSequence.value)
    last = session.execute(advance).scalar_one()
    first = last - len(changes) + 1
    session.add_all(
        EdgeChange(sequence=first + i, table_name=table.value, entry=entry, value=value)
        for i, (table, entry, value) in enumerate(changes)
    )
    session.flush()
    session.execute(text("SELECT pg_notify(:channel, :last)"), {"channel": CHANNEL, "last": str(last)})

"""What an edge that has applied everything up to `after` must still apply."""

from sqlalchemy.orm import Session

from controlplane.core.database import transaction
from controlplane.edge_feed import repository
from controlplane.edge_feed.schemas import Change, Changes
from controlplane.edge_log.models import EdgeChange


def changes(after: int) -> Changes:
    """In a transaction of its own; `reset` when the log no longer, or not yet, knows `after`."""
    with transaction() as session:
        if _out_of_step(session, after):
            return Changes(sequence=repository.sequence(session), reset=True, items=[])
        rows = repository.changes(session, after)
    last = rows[-1].sequence if rows else after
    return Changes(sequence=last, reset=False, items=[_view(row) for row in rows])


def _out_of_step(session: Session, after: int) -> bool:
    current = repository.sequence(session)
    if after == current:
        return False
    first = repository.oldest(session)
    return after > current or first is None or after < first - 1


def _view(row: EdgeChange) -> Change:
    return Change(sequence=row.sequence, table=row.table_name, key=row.entry, value=row.value)

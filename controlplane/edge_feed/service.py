"""What an edge that has applied everything up to `after` must still apply."""

from controlplane.core.database import transaction
from controlplane.edge_feed import repository
from controlplane.edge_feed.schemas import Change, Changes
from controlplane.edge_log.models import EdgeChange


def changes(after: int) -> Changes:
    """In a transaction of its own; `reset` when the log no longer, or not yet, knows `after`."""
    with transaction() as session:
        current = repository.sequence(session)
        # Read in this order: what is committed in between is in the rows, and what is trimmed shows as a gap.
        rows = repository.changes(session, after)
    if (rows[0].sequence != after + 1) if rows else (after != current):
        return Changes(sequence=current, reset=True, items=[])
    last = rows[-1].sequence if rows else after
    return Changes(sequence=last, reset=False, items=[_view(row) for row in rows])


def _view(row: EdgeChange) -> Change:
    return Change(sequence=row.sequence, table=row.table_name, key=row.entry, value=row.value)

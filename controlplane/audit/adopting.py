"""Rows of a version that knew no chains are taken into theirs, in the order they were written."""

from collections import Counter

from controlplane.audit import chain, repository, service
from controlplane.audit.canonical import chain_of
from controlplane.core.database import transaction

_AT_ONCE = 1000


def adopt() -> int:
    """How many there were. That it happened is itself a row of the plane's chain: nobody takes in rows unseen."""
    adopted: Counter[str] = Counter()
    while True:
        with transaction() as session:
            rows = repository.unsealed_rows(session, _AT_ONCE)
            if not rows:
                break
            chain.seal(session, rows)
            adopted.update(chain_of(row.account_id) for row in rows)
    if adopted:
        with transaction() as session:
            details = {"rows": adopted.total(), "chains": len(adopted)}
            service.record(session, None, "audit.adopt", "plane", details=details)
    return adopted.total()

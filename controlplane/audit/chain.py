"""Sealing: each row of a transaction takes its place in its account's chain as the transaction's last act."""

from collections.abc import Iterable
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from controlplane.audit.canonical import START, chain_of, digest, document
from controlplane.audit.models import AuditEvent, AuditHead
from controlplane.core.database import Turn, before_commit

_PENDING = "audit_events"


def append(session: Session, event: AuditEvent) -> None:
    """Write `event` when this transaction commits, in the order of the calls."""
    pending: list[tuple[AuditEvent, bool]] | None = session.info.get(_PENDING)
    if pending is None:
        pending = session.info[_PENDING] = []
        before_commit(session, lambda: _seal_pending(session), Turn.AUDIT)
    within = session.in_nested_transaction()
    if within:
        # The savepoint decides whether it stays.
        session.add(event)
        session.flush()
    pending.append((event, within))


def seal(session: Session, events: Iterable[AuditEvent]) -> None:
    """Behind the locks of their chains' heads, in the order of the chains' names: no two transactions cross."""
    ordered = sorted(events, key=_chain)
    # What else this transaction writes waits for its locks before it holds these.
    session.flush()
    heads = _locked(session, sorted({_chain(event) for event in ordered}))
    for chain, rows in groupby(ordered, key=_chain):
        for event in rows:
            _link(event, heads[chain])
    session.add_all(ordered)
    session.flush()


def _seal_pending(session: Session) -> None:
    pending: list[tuple[AuditEvent, bool]] = session.info.pop(_PENDING)
    seal(session, [event for event, within in pending if not within or event in session])


def _chain(event: AuditEvent) -> str:
    return chain_of(event.account_id)


def _link(event: AuditEvent, head: AuditHead) -> None:
    event.sequence, event.previous_hash = head.sequence + 1, head.hash
    event.hash = digest(document(event))
    head.sequence, head.hash = event.sequence, event.hash


def _locked(session: Session, chains: list[str]) -> dict[str, AuditHead]:
    found = _lock(session, chains)
    missing = [chain for chain in chains if chain not in found]
    if missing:
        fresh = insert(AuditHead).values([{"chain": chain, "sequence": 0, "hash": START} for chain in missing])
        session.execute(fresh.on_conflict_do_nothing())
        found |= _lock(session, missing)
    return found


def _lock(session: Session, chains: list[str]) -> dict[str, AuditHead]:
    query = select(AuditHead).where(AuditHead.chain.in_(chains)).order_by(AuditHead.chain).with_for_update()
    rows = session.scalars(query.execution_options(populate_existing=True))
    return {head.chain: head for head in rows}

"""Sealing: each row of a transaction takes its place in its account's chain as the transaction's last act."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from controlplane.audit.canonical import START, chain_of, digest, document
from controlplane.audit.models import AuditEvent, AuditHead
from controlplane.core.database import Base, Turn, before_commit

_PENDING = "audit_events"
_Head = tuple[int, bytes]
_Columns = dict[str, Any]
_NAMES = tuple(column.name for column in AuditEvent.__table__.columns if column.name != "number")
_EVENTS, _HEADS = Base.metadata.tables["audit_event"], Base.metadata.tables["audit_head"]
_LOCK = (
    select(_HEADS.c.chain, _HEADS.c.sequence, _HEADS.c.hash)
    .where(_HEADS.c.chain.in_(bindparam("chains", expanding=True)))
    .order_by(_HEADS.c.chain)
    .with_for_update()
)
_ADVANCE = (
    update(_HEADS)
    .where(_HEADS.c.chain == bindparam("head_chain"))
    .values(sequence=bindparam("head_sequence"), hash=bindparam("head_hash"))
)
_INSERT = insert(_EVENTS).values({name: bindparam(name) for name in _NAMES})
_INSERT_WITH_HEAD = _INSERT.add_cte(_ADVANCE.cte("head"))


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
    """Behind the locks of their chains' heads, in the order of the chains' names: no two transactions cross.

    Two statements for one row: whoever else writes to its chain waits from the first one to the commit.
    """
    ordered = sorted(events, key=_chain)
    # What else this transaction writes waits for its locks before it holds these.
    session.flush()
    heads = _locked(session, sorted({_chain(event) for event in ordered}))
    fresh: dict[str, list[_Columns]] = {chain: [] for chain in heads}
    for event in ordered:
        chain = _chain(event)
        heads[chain] = _linked(event, heads[chain])
        if event not in session:
            fresh[chain].append({name: getattr(event, name) for name in _NAMES})
    session.flush()
    _write(session, heads, fresh)


def _write(session: Session, heads: Mapping[str, _Head], fresh: Mapping[str, list[_Columns]]) -> None:
    """The new rows, and each head in one statement with the last of its rows."""
    before = [row for rows in fresh.values() for row in rows[:-1]]
    if before:
        session.execute(_INSERT, before)
    for chain, (sequence, last_hash) in heads.items():
        head = {"head_chain": chain, "head_sequence": sequence, "head_hash": last_hash}
        if fresh[chain]:
            session.execute(_INSERT_WITH_HEAD, head | fresh[chain][-1])
        else:
            session.execute(_ADVANCE, head)


def _seal_pending(session: Session) -> None:
    pending: list[tuple[AuditEvent, bool]] = session.info.pop(_PENDING)
    seal(session, [event for event, within in pending if not within or event in session])


def _chain(event: AuditEvent) -> str:
    return chain_of(event.account_id)


def _linked(event: AuditEvent, head: _Head) -> _Head:
    event.sequence, event.previous_hash = head[0] + 1, head[1]
    event.hash = digest(document(event))
    return event.sequence, event.hash


def _locked(session: Session, chains: list[str]) -> dict[str, _Head]:
    found = _lock(session, chains)
    missing = [chain for chain in chains if chain not in found]
    if missing:
        fresh = insert(AuditHead).values([{"chain": chain, "sequence": 0, "hash": START} for chain in missing])
        session.execute(fresh.on_conflict_do_nothing())
        found |= _lock(session, missing)
    return found


def _lock(session: Session, chains: list[str]) -> dict[str, _Head]:
    return {chain: (sequence, last) for chain, sequence, last in session.execute(_LOCK, {"chains": chains})}

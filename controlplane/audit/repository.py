"""Queries on audit events, their chains and checkpoints."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    CursorResult,
    Select,
    String,
    and_,
    cast,
    column,
    func,
    or_,
    select,
    table,
    text,
    true,
    union,
)
from sqlalchemy import delete as sql_delete
from sqlalchemy.orm import Session

from controlplane.audit.canonical import PLANE, chain_of
from controlplane.audit.models import AuditArchive, AuditCheckpoint, AuditEvent, AuditHead, AuditKey, AuditVerification

_BATCH = 2000
# Accounts stand above audit events: their table is named here, not imported.
_ACCOUNT = table("account", column("account_id"))


@dataclass(frozen=True)
class Filter:
    """What is wanted of an account's events; null: everything. `action` may end in `.*`."""

    action: str | None = None
    actor: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None


@dataclass(frozen=True)
class Archiving:
    """The row `sequence` says that the rows `first` to `last` were archived or restored (`action`)."""

    sequence: int
    action: str
    first: int
    last: int


def of_account(account_id: str, wanted: Filter) -> Select[AuditEvent]:
    """The account's events, narrowed."""
    query = select(AuditEvent).where(AuditEvent.account_id == account_id)
    if wanted.action is not None:
        prefix = wanted.action.removesuffix("*") if wanted.action.endswith(".*") else None
        named = AuditEvent.action.startswith(prefix, autoescape=True) if prefix else AuditEvent.action == wanted.action
        query = query.where(named)
    if wanted.actor is not None:
        query = query.where(AuditEvent.actor == wanted.actor)
    if wanted.target is not None:
        query = query.where(AuditEvent.target == wanted.target)
    if wanted.since is not None:
        query = query.where(AuditEvent.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEvent.at < wanted.until)
    return _holding(query, wanted.text)


def _holding(query: Select[AuditEvent], wanted: str | None) -> Select[AuditEvent]:
    if wanted is None:
        return query
    places = (AuditEvent.action, AuditEvent.target, AuditEvent.actor, AuditEvent.address, AuditEvent.user_agent)
    found = [place.icontains(wanted, autoescape=True) for place in (*places, cast(AuditEvent.details, String))]
    return query.where(or_(*found))


def links(session: Session, account_id: str | None, after: int, most: int | None = None) -> Iterator[Any]:
    """The sealed rows behind `after`, in order, streamed; each with the head, as one snapshot of the database has them.

    Rows have the columns of `AuditEvent`, `head_sequence` and `head_hash`.
    """
    columns = [column for column in AuditEvent.__table__.columns if column.name != "number"]
    head = (AuditHead.sequence.label("head_sequence"), AuditHead.hash.label("head_hash"))
    query = select(*columns, *head).outerjoin(AuditHead, AuditHead.chain == chain_of(account_id))
    query = query.where(_within(account_id), AuditEvent.sequence.is_not(None), AuditEvent.sequence > after)
    query = query.order_by(AuditEvent.sequence).limit(most)
    yield from session.execute(query.execution_options(yield_per=_BATCH))


def unsealed(session: Session, account_id: str | None) -> str | None:
    """The identifier of the first row that is in no chain."""
    query = select(AuditEvent.audit_event_id).where(_within(account_id), AuditEvent.sequence.is_(None))
    return session.scalars(query.order_by(AuditEvent.number).limit(1)).first()


def before_first(session: Session, account_id: str | None, first: int) -> str | None:
    """The identifier of a row whose place is before the first one, where `links` does not look."""
    query = select(AuditEvent.audit_event_id).where(_within(account_id), AuditEvent.sequence < first)
    return session.scalars(query.limit(1)).first()


def last_archive(session: Session, account_id: str | None) -> AuditArchive | None:
    query = select(AuditArchive).where(AuditArchive.chain == chain_of(account_id))
    return session.scalars(query.order_by(AuditArchive.sequence.desc()).limit(1)).first()


def archives(session: Session, account_id: str | None) -> Sequence[AuditArchive]:
    """Every record of a chain, in order."""
    query = select(AuditArchive).where(AuditArchive.chain == chain_of(account_id))
    return session.scalars(query.order_by(AuditArchive.sequence)).all()


def last_archiving(session: Session, account_id: str | None, actions: tuple[str, str]) -> Archiving | None:
    """What the newest row with one of these actions says."""
    first, last = (AuditEvent.details[name].as_string() for name in ("first", "last"))
    query = select(AuditEvent.sequence, AuditEvent.action, first, last)
    query = query.where(_within(account_id), AuditEvent.action.in_(actions), AuditEvent.sequence.is_not(None))
    # Few, and found by their action; with a limit the planner would look through the whole chain for the last one.
    found = session.execute(query.order_by(AuditEvent.sequence)).all()
    return Archiving(found[-1][0], found[-1][1], *map(_place, found[-1][2:])) if found else None


def _place(told: str | None) -> int:
    """0 where somebody has written what is none."""
    return int(told) if told is not None and re.fullmatch(r"[0-9]{1,16}", told) else 0


def archived(session: Session, account_id: str | None) -> int:
    """The last row that was archived; 0 where none was."""
    query = select(func.max(AuditArchive.sequence)).where(AuditArchive.chain == chain_of(account_id))
    return session.scalar(query) or 0


def lock_archives(session: Session, account_id: str | None) -> None:
    """Until this transaction ends nobody else archives or restores rows of this chain; others write to it.

    However long that takes: from now on the transaction's statements may, too.
    """
    session.execute(text("SET LOCAL statement_timeout = 0"))
    session.execute(text("SET LOCAL lock_timeout = 0"))
    key = {"key": f"audit archives:{chain_of(account_id)}"}
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), key)
    session.execute(text("SET LOCAL lock_timeout TO DEFAULT"))


def delete_archive(session: Session, row: AuditArchive) -> bool:
    """Whether it was there still; whoever deletes it at the same time waits for the other one's end."""
    same = (AuditArchive.chain == row.chain, AuditArchive.sequence == row.sequence)
    removed: CursorResult[Any] = session.connection().execute(sql_delete(AuditArchive).where(*same))
    return removed.rowcount == 1


def is_there(session: Session, account_id: str | None, sequence: int, last_hash: bytes) -> bool:
    """Whether the row at this place has this hash."""
    query = select(AuditEvent.number).where(_within(account_id), AuditEvent.sequence == sequence)
    return session.scalar(query.where(AuditEvent.hash == last_hash)) is not None


def delete(session: Session, account_id: str | None, first: int, last: int) -> int:
    """How many rows of these places there were. After `lock_archives`, since it may take long."""
    within = (_within(account_id), AuditEvent.sequence >= first, AuditEvent.sequence <= last)
    removed: CursorResult[Any] = session.connection().execute(sql_delete(AuditEvent).where(*within))
    return removed.rowcount


def places(session: Session, account_id: str | None, after: int) -> Iterator[Any]:
    """`sequence` and `audit_event_id` of the rows behind `after`, in order: what can be read of any row."""
    query = select(AuditEvent.sequence, AuditEvent.audit_event_id)
    query = query.where(_within(account_id), AuditEvent.sequence.is_not(None), AuditEvent.sequence > after)
    return iter(session.execute(query.order_by(AuditEvent.sequence).execution_options(yield_per=_BATCH)))


def unsealed_rows(session: Session, limit: int) -> Sequence[AuditEvent]:
    """Of all accounts, in the order they were written; nobody else takes the same ones meanwhile."""
    query = select(AuditEvent).where(AuditEvent.sequence.is_(None)).order_by(AuditEvent.number).limit(limit)
    return session.scalars(query.with_for_update(skip_locked=True)).all()


def accounts(session: Session) -> list[str | None]:
    """Of every chain there is or should be; null is the plane's own."""
    written = select(func.coalesce(AuditEvent.account_id, PLANE))
    chains = union(written, select(_chains().c.chain))
    return [None if chain == PLANE else chain for chain in sorted(session.scalars(chains))]


def is_account(session: Session, account_id: str) -> bool:
    """Whether there is such an account; then its chain has at least the row of its creation."""
    return session.scalar(select(_ACCOUNT.c.account_id).where(_ACCOUNT.c.account_id == account_id)) is not None


def _chains() -> CTE:
    """The names of those chains that should be there, whatever was done to their rows."""
    accounts = select(_ACCOUNT.c.account_id.label("chain"))
    found = (select(AuditHead.chain), select(AuditCheckpoint.chain), select(AuditArchive.chain))
    return union(accounts, *found).cte("chains")


def keys(session: Session) -> Sequence[AuditKey]:
    """The newest last."""
    return session.scalars(select(AuditKey).order_by(AuditKey.created_at)).all()


def checkpoints(
    session: Session, account_id: str | None, after: int = 0, until: int | None = None
) -> Sequence[AuditCheckpoint]:
    """Those of rows behind `after` (and up to `until`), in order."""
    query = select(AuditCheckpoint).where(
        AuditCheckpoint.chain == chain_of(account_id), AuditCheckpoint.sequence > after
    )
    if until is not None:
        query = query.where(AuditCheckpoint.sequence <= until)
    return session.scalars(query.order_by(AuditCheckpoint.sequence)).all()


def last_checkpoint(session: Session, account_id: str | None, before: datetime | None = None) -> AuditCheckpoint | None:
    """Of those that were signed before `before`, if that is given."""
    query = select(AuditCheckpoint).where(AuditCheckpoint.chain == chain_of(account_id))
    if before is not None:
        query = query.where(AuditCheckpoint.at < before)
    return session.scalars(query.order_by(AuditCheckpoint.sequence.desc()).limit(1)).first()


def head(session: Session, account_id: str | None) -> AuditHead | None:
    return session.get(AuditHead, chain_of(account_id))


def grown(session: Session, rows: int, before: datetime, limit: int) -> list[str | None]:
    """Accounts whose chains have `rows` more than are signed, or one more and the last was signed before `before`.

    A chain that was found broken since then is left alone.
    """
    last = (
        select(AuditCheckpoint.sequence, AuditCheckpoint.at)
        .where(AuditCheckpoint.chain == AuditHead.chain)
        .order_by(AuditCheckpoint.sequence.desc())
        .limit(1)
        .lateral()
    )
    new = AuditHead.sequence - func.coalesce(last.c.sequence, 0)
    stale = and_(new > 0, or_(last.c.at.is_(None), last.c.at < before))
    broken = select(AuditVerification.chain).where(~AuditVerification.intact, AuditVerification.at >= before)
    query = select(AuditHead.chain).outerjoin(last, true())
    query = query.where(or_(new >= rows, stale), AuditHead.chain.not_in(broken))
    found = session.scalars(query.order_by(AuditHead.chain).limit(limit))
    return [None if chain == PLANE else chain for chain in found]


def unverified(session: Session, before: datetime) -> list[str | None]:
    """The account whose whole chain was looked at longest ago, if that was before `before`."""
    at, chains = AuditVerification.at, _chains()
    query = select(chains.c.chain).outerjoin(AuditVerification, AuditVerification.chain == chains.c.chain)
    query = query.where(or_(at.is_(None), at < before)).order_by(at.nulls_first(), chains.c.chain).limit(1)
    return [None if chain == PLANE else chain for chain in session.scalars(query)]


def verification(session: Session, account_id: str | None) -> AuditVerification | None:
    return session.get(AuditVerification, chain_of(account_id))


def _within(account_id: str | None) -> ColumnElement[bool]:
    return AuditEvent.account_id.is_(None) if account_id is None else AuditEvent.account_id == account_id

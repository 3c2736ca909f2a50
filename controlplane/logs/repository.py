from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Subquery, delete, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from controlplane.environments.models import Environment
from controlplane.logs.models import LogLine, LogStream
from controlplane.logs.schemas import Level, NewLine, Source

CHANNEL = "log_lines"
AnyColumns = tuple[Any, ...]

_COLUMNS = (LogLine.sequence, LogLine.at, LogLine.level, LogLine.source, LogLine.line)
_ADD = text(
    "INSERT INTO log_line (environment_id, sequence, at, level, source, line) "
    "SELECT :environment_id, new.* FROM unnest("
    "CAST(:sequences AS bigint[]), CAST(:times AS timestamptz[]), CAST(:levels AS text[]), CAST(:sources AS text[]), "
    "CAST(:lines AS text[])) AS new"
)


class Logged(NamedTuple):
    """One line as it is read."""

    sequence: int
    at: datetime
    level: str
    source: str
    line: str


@dataclass(frozen=True)
class Filter:
    """Which lines of an environment; null does not restrict. `start` ≤ at < `end`."""

    start: datetime | None = None
    end: datetime | None = None
    level: Level | None = None
    text: str | None = None
    source: Source | None = None


def environment_held(session: Session, runner_id: str, environment_id: str) -> bool:
    """Whether it is this runner's and not purged; until the transaction ends, nobody can purge it."""
    query = select(Environment.environment_id).where(
        Environment.environment_id == environment_id,
        Environment.runner_id == runner_id,
        Environment.purged_at.is_(None),
    )
    return session.scalar(query.with_for_update(read=True, key_share=True)) is not None


def stream_locked(session: Session, environment_id: str) -> LogStream:
    nothing = {"last_sequence": 0, "kept_lines": 0, "kept_bytes": 0, "kept_edge_lines": 0}
    fresh = upsert(LogStream).values(environment_id=environment_id, **nothing)
    session.execute(fresh.on_conflict_do_nothing())
    query = select(LogStream).where(LogStream.environment_id == environment_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def add(session: Session, environment_id: str, lines: Sequence[NewLine], latest: datetime) -> None:
    """In one statement of constant length. No line is later than `latest`."""
    columns = {
        "sequences": [line.sequence for line in lines],
        "times": [min(line.at, latest) for line in lines],
        "levels": [line.level.value for line in lines],
        "sources": [line.source.value for line in lines],
        "lines": [line.line for line in lines],
    }
    session.execute(_ADD, {"environment_id": environment_id, **columns})


def announce(session: Session, environment_id: str) -> None:
    """Tell whoever follows, once this is committed."""
    session.execute(text("SELECT pg_notify(:channel, :id)"), {"channel": CHANNEL, "id": environment_id})


def last_sequence(session: Session, environment_id: str) -> int:
    query = select(LogStream.last_sequence).where(LogStream.environment_id == environment_id)
    return session.scalar(query) or 0


def first_of_last(session: Session, environment_id: str, wanted: Filter, count: int) -> int:
    """The sequence of the first of the last `count` lines; 0 when there are fewer."""
    query = _matching(select(LogLine.sequence), environment_id, wanted)
    return session.scalar(query.order_by(LogLine.sequence.desc()).offset(count - 1).limit(1)) or 0


def following(
    session: Session, environment_id: str, wanted: Filter, after: int, limit: int, most_bytes: int
) -> tuple[list[Logged], bool]:
    """Oldest first: at most `limit` lines, and as many as hold `most_bytes` of text; and whether there may be more."""
    query = _matching(select(*_COLUMNS), environment_id, wanted).where(LogLine.sequence > after)
    found = query.order_by(LogLine.sequence).limit(limit).subquery()
    rows, matched = _sized(session, found, found.c.sequence, most_bytes)
    return rows, len(rows) == limit or len(rows) < matched


def last(session: Session, environment_id: str, wanted: Filter, limit: int, most_bytes: int) -> list[Logged]:
    """The last of them, oldest first, within both limits."""
    query = _matching(select(*_COLUMNS), environment_id, wanted)
    found = query.order_by(LogLine.sequence.desc()).limit(limit).subquery()
    rows, _ = _sized(session, found, found.c.sequence.desc(), most_bytes)
    return rows


def forget(session: Session, environment_id: str) -> None:
    session.execute(delete(LogLine).where(LogLine.environment_id == environment_id))
    session.execute(delete(LogStream).where(LogStream.environment_id == environment_id))


def delete_older(session: Session, before: datetime, limit: int) -> int:
    """The oldest lines of whichever environments; how many."""
    oldest = select(LogLine.environment_id, LogLine.sequence).where(LogLine.at < before)
    return _delete(session, oldest.order_by(LogLine.at).limit(limit))


def oversized(session: Session, most_lines: int, most_bytes: int, most_edge_lines: int) -> Sequence[LogStream]:
    too_many = (LogStream.kept_lines > most_lines) | (LogStream.kept_edge_lines > most_edge_lines)
    query = select(LogStream).where(too_many | (LogStream.kept_bytes > most_bytes))
    return session.scalars(query.limit(100)).all()


def delete_oldest(session: Session, environment_id: str, limit: int, source: Source | None = None) -> int:
    """Of one source, or of whichever."""
    oldest = select(LogLine.environment_id, LogLine.sequence).where(LogLine.environment_id == environment_id)
    if source is not None:
        oldest = oldest.where(LogLine.source == source)
    return _delete(session, oldest.order_by(LogLine.sequence).limit(limit))


def _matching(query: Select[*AnyColumns], environment_id: str, wanted: Filter) -> Select[*AnyColumns]:
    query = query.where(LogLine.environment_id == environment_id)
    if wanted.start is not None:
        query = query.where(LogLine.at >= wanted.start)
    if wanted.end is not None:
        query = query.where(LogLine.at < wanted.end)
    if wanted.level is not None:
        levels = list(Level)
        query = query.where(LogLine.level.in_(levels[levels.index(wanted.level) :]))
    if wanted.text is not None:
        query = query.where(LogLine.line.icontains(wanted.text, autoescape=True))
    if wanted.source is not None:
        query = query.where(LogLine.source == wanted.source)
    return query


def _sized(session: Session, found: Subquery, order: ColumnElement[Any], most_bytes: int) -> tuple[list[Logged], int]:
    """Those before which there are less than so many bytes, so that one line always fits; and how many there were."""
    size = func.octet_length(found.c.line)
    ahead = (func.sum(size).over(order_by=order) - size).label("ahead")
    sized = select(found, ahead, func.count().over().label("matched")).subquery()
    rows = session.execute(select(sized).where(sized.c.ahead < most_bytes).order_by(sized.c.sequence)).all()
    logged = [Logged(row.sequence, row.at, row.level, row.source, row.line) for row in rows]
    return logged, rows[0].matched if rows else 0


def _delete(session: Session, chosen: Select[str, int]) -> int:
    """Delete these lines and take them off what their environments keep."""
    size = func.octet_length(LogLine.line)
    # Passing over what another sweep deletes: who waited for its lines while holding a stream could wait for ever.
    doomed = chosen.with_for_update(skip_locked=True).cte("doomed")
    among = tuple_(LogLine.environment_id, LogLine.sequence).in_(select(doomed.c.environment_id, doomed.c.sequence))
    gone = delete(LogLine).where(among).returning(LogLine.environment_id, size, LogLine.source == Source.EDGE)
    freed: dict[str, tuple[int, int, int]] = {}
    for environment_id, length, of_edge in session.execute(gone):
        lines, total, edges = freed.get(environment_id, (0, 0, 0))
        freed[environment_id] = lines + 1, total + length, edges + of_edge
    # In one order, so that two sweeps cannot wait for each other.
    for environment_id in sorted(freed):
        lines, total, edges = freed[environment_id]
        stream = update(LogStream).where(LogStream.environment_id == environment_id)
        kept = {
            "kept_lines": LogStream.kept_lines - lines,
            "kept_bytes": LogStream.kept_bytes - total,
            "kept_edge_lines": LogStream.kept_edge_lines - edges,
        }
        session.execute(stream.values(kept).execution_options(synchronize_session=False))
    return sum(lines for lines, _, _ in freed.values())

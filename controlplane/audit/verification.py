"""Whether a chain in the database is what was sealed."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from controlplane.audit import checkpoints, repository
from controlplane.audit.canonical import START, chain_of, document
from controlplane.audit.examining import Entry, Finding, Mark, Problem, Walk
from controlplane.audit.models import AuditCheckpoint, AuditVerification
from controlplane.core import clock

# The database takes times beyond the year 9999, numbers of thousands of digits, lists nested thousands of times.
_UNREADABLE = (DataError, ValueError, RecursionError)


@dataclass(frozen=True)
class Verdict:
    """`rows` were recomputed, `signed` checkpoints found right on the way, up to the row `sequence` with `hash`.

    The last of those checkpoints is of the row `signed_to`. `finding` is null where all is well.
    """

    account_id: str | None
    rows: int
    signed: int
    sequence: int
    hash: bytes
    finding: Finding | None
    signed_to: int = 0


@dataclass
class _Reading:
    """The rows as one snapshot has them, and the head that the same snapshot has."""

    session: Session
    account_id: str | None
    head: Mark | None
    seen: bool = False

    def entries(self, after: int) -> Iterator[Entry]:
        for row in repository.links(self.session, self.account_id, after):
            if not self.seen:
                self.seen = True
                self.head = Mark(row.head_sequence, row.head_hash.hex()) if row.head_hash is not None else None
            yield Entry(document(row), row.hash.hex() if row.hash is not None else None)

    def singly(self, after: int) -> Iterator[Entry]:
        """The same row by row; of one that nobody can read, an entry that fits nowhere."""
        for place in repository.places(self.session, self.account_id, after):
            try:
                (row,) = repository.links(self.session, self.account_id, place.sequence - 1, 1)
                yield Entry(document(row), row.hash.hex() if row.hash is not None else None)
            except _UNREADABLE:
                yield Entry({"auditEventId": place.audit_event_id, "sequence": place.sequence}, None)


def verify(session: Session, account_id: str | None, start: AuditCheckpoint | None = None) -> Verdict:
    """The whole chain, or what is behind `start`, whose row must be right."""
    after, previous = (start.sequence, start.hash) if start else (0, START)
    trusted = checkpoints.public_keys(session)
    marks = checkpoints.marks(repository.checkpoints(session, account_id, after), account_id, trusted)
    head = repository.head(session, account_id)
    reading = _Reading(session, account_id, Mark(head.sequence, head.hash.hex()) if head else None)
    walk = Walk(marks, after, previous.hex(), signed_to=after, head=lambda: reading.head)
    finding = _taken(walk, reading) or _headless(walk, reading) or walk.end()
    finding = finding or _before_first(session, account_id) or _unsealed(session, account_id, walk)
    last = bytes.fromhex(walk.hash)
    return Verdict(account_id, walk.rows, walk.signed, walk.sequence, last, finding, walk.signed_to)


def _taken(walk: Walk, reading: _Reading) -> Finding | None:
    try:
        return walk.take(reading.entries(walk.sequence))
    except _UNREADABLE:
        return walk.take(reading.singly(walk.sequence))


def _headless(walk: Walk, reading: _Reading) -> Finding | None:
    if reading.head is not None:
        return None
    if reading.seen:
        message = "The chain's head is gone, so nobody can say where it ended."
    elif reading.account_id is not None and repository.is_account(reading.session, reading.account_id):
        message = "The whole chain is gone; an account has at least the row of its creation."
    else:
        return None
    return Finding(Problem.TRUNCATED, walk.sequence + 1, None, message)


def _before_first(session: Session, account_id: str | None) -> Finding | None:
    stray = repository.before_first(session, account_id)
    if stray is None:
        return None
    return Finding(Problem.INSERTED, 1, stray, "It stands before the first row: it was put in by hand.")


def _unsealed(session: Session, account_id: str | None, walk: Walk) -> Finding | None:
    stray = repository.unsealed(session, account_id)
    if stray is None:
        return None
    message = (
        "It is in no chain: a version that knew none has written it, or a hand. "
        "`controlplane migrate` takes in what such a version has left."
    )
    return Finding(Problem.INSERTED, walk.sequence + 1, stray, message)


def found(verdict: Verdict) -> AuditVerification:
    """The verdict of this moment."""
    return AuditVerification(**_columns(verdict))


def keep(session: Session, verdict: Verdict) -> None:
    """Remember the verdict for whoever asks next."""
    columns = _columns(verdict)
    write = insert(AuditVerification).values(**columns)
    session.execute(write.on_conflict_do_update(index_elements=[AuditVerification.chain], set_=columns))


def _columns(verdict: Verdict) -> dict[str, Any]:
    finding = verdict.finding
    return {
        "chain": chain_of(verdict.account_id),
        "at": clock.now(),
        "rows": verdict.rows,
        "intact": finding is None,
        "finding": asdict(finding) if finding else None,
    }

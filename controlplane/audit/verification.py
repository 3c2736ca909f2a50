"""Whether a chain in the database is what was sealed."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from controlplane.audit import archives, checkpoints, repository
from controlplane.audit.canonical import START, chain_of, document
from controlplane.audit.examining import Entry, Finding, Mark, Problem, Walk
from controlplane.audit.models import AuditCheckpoint, AuditVerification
from controlplane.core import clock

# The database takes times beyond the year 9999, numbers of thousands of digits, lists nested thousands of times.
_UNREADABLE = (DataError, ValueError, RecursionError)


@dataclass(frozen=True)
class Verdict:
    """`rows` were recomputed, `signed` checkpoints found right on the way, up to the row `sequence` with `hash`.

    The last of those checkpoints is of the row `signed_to`. `finding` is null where all is well. Rows up to `archived`
    are in files, and were not looked at.
    """

    account_id: str | None
    rows: int
    signed: int
    sequence: int
    hash: bytes
    finding: Finding | None
    signed_to: int = 0
    archived: int = 0


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


def verify(
    session: Session, account_id: str | None, start: AuditCheckpoint | None = None, kept: Iterable[Mark] = ()
) -> Verdict:
    """The whole chain but for what is archived, or what is behind `start`, whose row must be right.

    `kept` are checkpoints that somebody has kept elsewhere: the chain must be the one that they speak of, too.
    """
    kept = list(kept)
    verdict = _with_archives(session, account_id, start, kept)
    if verdict.finding is not None and repository.archived(session, account_id) != verdict.archived:
        # Rows were archived, or taken back, while they were read.
        return _with_archives(session, account_id, start, kept)
    return verdict


def _with_archives(
    session: Session, account_id: str | None, start: AuditCheckpoint | None, kept: list[Mark]
) -> Verdict:
    verdict = looked_at(session, account_id, start, kept)
    if verdict.finding is not None:
        return verdict
    # The row that it reads was just found to be what was sealed.
    return replace(verdict, finding=archives.contradicted(session, account_id, verdict.archived))


def looked_at(
    session: Session, account_id: str | None, start: AuditCheckpoint | None = None, kept: Sequence[Mark] = ()
) -> Verdict:
    """As `verify`, at rows only: whether the chain itself says of rows in files that they are there is not asked."""
    trusted, archive = checkpoints.public_keys(session), repository.last_archive(session, account_id)
    archived = archive.sequence if archive else 0
    forged = archives.unsigned(session, account_id, trusted)
    if forged is not None:
        return Verdict(account_id, 0, 0, 0, START, forged, archived=archived)
    begun = [(one.sequence, one.hash) for one in (start, archive) if one is not None]
    after, previous = max(begun, default=(0, START))
    signed = checkpoints.marks(repository.checkpoints(session, account_id, after), account_id, trusted)
    marks = deque(sorted([*signed, *(mark for mark in kept if mark.sequence > after)], key=_place))
    head = repository.head(session, account_id)
    reading = _Reading(session, account_id, Mark(head.sequence, head.hash.hex()) if head else None)
    walk = Walk(marks, after, previous.hex(), signed_to=after, head=lambda: reading.head)
    finding = _not_as_kept(session, account_id, after, previous, kept)
    finding = finding or _taken(walk, reading) or _headless(walk, reading) or walk.end()
    finding = finding or _before_first(session, account_id, archived) or _unsealed(session, account_id, walk)
    last = bytes.fromhex(walk.hash)
    return Verdict(account_id, walk.rows, walk.signed, walk.sequence, last, finding, walk.signed_to, archived)


def _place(mark: Mark) -> int:
    return mark.sequence


def _not_as_kept(
    session: Session, account_id: str | None, after: int, last: bytes, kept: Sequence[Mark]
) -> Finding | None:
    """Of rows that are not walked: what this plane itself still says of them."""
    said = {row.sequence: row.hash.hex() for row in repository.checkpoints(session, account_id, 0, after)}
    said[after] = last.hex()
    for mark in kept:
        if mark.sequence <= after and said.get(mark.sequence, mark.hash) != mark.hash:
            message = f"Rows up to {mark.sequence} are not what was signed at {mark.at}: the chain was written anew."
            return Finding(Problem.REWRITTEN, mark.sequence, None, message)
    return None


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


def _before_first(session: Session, account_id: str | None, archived: int) -> Finding | None:
    stray = repository.before_first(session, account_id, archived + 1)
    if stray is None:
        return None
    message = "It stands before the first row: it was put in by hand."
    if archived:
        message = (
            f"Rows up to {archived} were archived: it was put back by hand. `controlplane audit restore` does that."
        )
    return Finding(Problem.INSERTED, archived + 1, stray, message)


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

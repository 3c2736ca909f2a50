"""Recomputes a chain, row by row, and names the first that is not as it was sealed."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from controlplane.audit.canonical import START, digest

_AHEAD = 1000
"""So many rows are read on, and so many places tried, to tell what became of a row that does not fit."""


class Problem(StrEnum):
    ALTERED = "altered"
    MISSING = "missing"
    REORDERED = "reordered"
    INSERTED = "inserted"
    REPLACED = "replaced"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"
    UNSIGNED = "unsigned"


@dataclass(frozen=True)
class Finding:
    """`sequence` is the first place in the chain that is not as it was; the row there may have no id, being gone."""

    problem: Problem
    sequence: int
    audit_event_id: str | None
    message: str


@dataclass(frozen=True)
class Entry:
    """One row: its document without `hash`, and the hash it claims, in hexadecimal digits."""

    document: Mapping[str, Any]
    hash: str | None

    @property
    def sequence(self) -> int | None:
        number = self.document.get("sequence")
        return number if isinstance(number, int) else None

    @property
    def audit_event_id(self) -> str | None:
        return self.document.get("auditEventId")

    def fits_at(self, sequence: int) -> bool:
        """Whether the row's hash would be right at this place."""
        return digest({**self.document, "sequence": sequence}).hex() == self.hash


@dataclass(frozen=True)
class Mark:
    """What somebody vouches for: the row at `sequence` has `hash`. `trusted` is false where the signature is wrong."""

    sequence: int
    hash: str
    at: str = ""
    trusted: bool = True


@dataclass
class Walk:
    """Goes along the chain from the row after `sequence`, whose hash is `hash`.

    `head` tells the chain's last row, once all of its rows have been read.
    """

    marks: deque[Mark]
    sequence: int = 0
    hash: str = START.hex()
    rows: int = 0
    signed: int = 0
    last: Entry | None = None
    hash_before: str = ""
    signed_to: int = 0
    head: Callable[[], Mark | None] = lambda: None

    def take(self, entries: Iterable[Entry]) -> Finding | None:
        """Until the end, or the first row that does not fit."""
        rest = iter(entries)
        for entry in rest:
            document = entry.document
            linked = document.get("previousHash") == self.hash and document.get("sequence") == self.sequence + 1
            if not linked or digest(document).hex() != entry.hash:
                return _Misfit(self, entry, list(islice(rest, _AHEAD))).finding()
            self.hash_before, self.hash, self.last = self.hash, entry.hash, entry
            self.sequence += 1
            self.rows += 1
            if self.marks and self.marks[0].sequence <= self.sequence:
                finding = self._pass_marks()
                if finding is not None:
                    return finding
        return None

    def end(self) -> Finding | None:
        """After the last row: whether it is the one that the head and what is left of the checkpoints speak of."""
        head = self.head()
        last = max(
            [mark for mark in [*self.marks, head] if mark and mark.trusted], key=lambda m: m.sequence, default=None
        )
        if last is not None and last.sequence > self.sequence:
            gone = _span(self.sequence + 1, last.sequence)
            return Finding(
                Problem.TRUNCATED,
                self.sequence + 1,
                None,
                f"{gone} at the end of the chain: there were {last.sequence}.",
            )
        finding = self._left_over()
        if finding is not None or head is None:
            return finding
        return self._beyond(head)

    def _left_over(self) -> Finding | None:
        """What is left of the checkpoints speaks of no row that was still to come."""
        mark = next(iter(self.marks), None)
        if mark is None:
            return None
        return self._out_of_place(mark) if mark.trusted else self._unsigned(mark, None)

    @staticmethod
    def _out_of_place(mark: Mark) -> Finding:
        message = f"The checkpoint at row {mark.sequence} does not stand before that row, so it vouches for nothing."
        return Finding(Problem.UNSIGNED, mark.sequence, None, message)

    @staticmethod
    def _unsigned(mark: Mark, name: str | None) -> Finding:
        message = f"The checkpoint at row {mark.sequence} is not signed by this plane."
        return Finding(Problem.UNSIGNED, mark.sequence, name, message)

    def _beyond(self, head: Mark) -> Finding | None:
        if head.sequence < self.sequence:
            message = f"The chain ended at row {head.sequence}; this one was put behind it."
            return Finding(Problem.INSERTED, head.sequence + 1, None, message)
        if head.hash != self.hash:
            return self.replaced_last("It is not the row that the chain ended with.")
        return None

    def replaced_last(self, why: str) -> Finding:
        return Finding(Problem.REPLACED, self.sequence, self.name, why)

    def _pass_marks(self) -> Finding | None:
        while self.marks and self.marks[0].sequence <= self.sequence:
            mark = self.marks.popleft()
            if not mark.trusted:
                return self._unsigned(mark, self.name)
            if mark.sequence != self.sequence:
                return self._out_of_place(mark)
            if mark.hash != self.hash:
                first = self.signed_to + 1
                span = _span(first, mark.sequence, "is", "are")
                message = f"{span} not what was signed at {mark.at}: the chain was written anew."
                return Finding(Problem.REWRITTEN, first, self.name if first == self.sequence else None, message)
            self.signed, self.signed_to = self.signed + 1, mark.sequence
        return None

    @property
    def name(self) -> str | None:
        """Of the last row that fitted."""
        return self.last.audit_event_id if self.last else None


@dataclass
class _Misfit:
    """The row that does not follow what stands before it, and what comes after it."""

    walk: Walk
    entry: Entry
    ahead: list[Entry]

    def finding(self) -> Finding:
        wanted, sequence = self.walk.sequence + 1, self.entry.sequence
        if sequence is None:
            return self._here(Problem.INSERTED, "It is not in the chain: it was put in by hand.")
        if not self.entry.fits_at(sequence):
            return self._out_of_place(wanted)
        if sequence < wanted:
            return self._here(Problem.INSERTED, f"Its place {sequence} is taken by the row before it.")
        if sequence > wanted:
            return self._gap(wanted, sequence)
        return self._unlinked()

    def _out_of_place(self, wanted: int) -> Finding:
        """Its own hash is wrong: either its content was changed, or only its place."""
        place = next((n for n in _nearest(wanted, _AHEAD) if self.entry.fits_at(n)), None)
        previous = self.entry.document.get("previousHash")
        if place is None:
            return self._here(Problem.ALTERED, "Its content is not what was sealed.")
        if place == wanted - 1 and previous == self.walk.hash_before:
            message = f"It was put in before row {self._name(self.entry)}, which was row {place}."
            return Finding(Problem.INSERTED, place, self.walk.name, message)
        if place > wanted and all(previous != other.hash for other in self.ahead):
            gone = _span(wanted, place - 1)
            return Finding(Problem.MISSING, wanted, None, f"{gone}; row {self._name(self.entry)} was put there.")
        return self._here(Problem.REORDERED, f"It was row {place}.")

    def _gap(self, wanted: int, sequence: int) -> Finding:
        if any(other.sequence == wanted for other in self.ahead):
            return self._here(Problem.REORDERED, f"It is row {sequence} and stands before row {wanted}.", wanted)
        return Finding(Problem.MISSING, wanted, None, f"{_span(wanted, sequence - 1)}.")

    def _unlinked(self) -> Finding:
        """Its own hash is right and its place too, but it follows another row than the one that is there."""
        following = self.ahead[0].document.get("previousHash") if self.ahead else None
        marks = (*self.walk.marks, None if self.ahead else self.walk.head())
        vouched = following == self.entry.hash or any(mark and mark.hash == self.entry.hash for mark in marks)
        if vouched and self.walk.last is not None:
            return self.walk.replaced_last(f"Row {self.walk.sequence + 1} was sealed behind another one.")
        return self._here(Problem.REPLACED, "It was sealed behind another row than the one before it.")

    def _here(self, problem: Problem, message: str, sequence: int | None = None) -> Finding:
        place = self.walk.sequence + 1 if sequence is None else sequence
        return Finding(problem, place, self.entry.audit_event_id, message)

    @staticmethod
    def _name(entry: Entry) -> str:
        return entry.audit_event_id or "without a name"


def _nearest(place: int, most: int) -> Iterator[int]:
    """The places around, the nearest first, without the place itself."""
    for distance in range(1, most):
        if place > distance:
            yield place - distance
        yield place + distance


def _span(first: int, last: int, one: str = "is missing", many: str = "are missing") -> str:
    return f"Row {first} {one}" if first == last else f"Rows {first} to {last} {many}"

"""Whatever is done to a chain at random, in whichever order, the first row that is broken is named."""

from __future__ import annotations

from collections import deque
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from controlplane.audit.canonical import START, digest
from controlplane.audit.examining import Entry, Finding, Mark, Problem, Walk

ROWS = 20
SIGNED = 15


def chain() -> list[Entry]:
    rows: list[Entry] = []
    previous = START.hex()
    for sequence in range(1, ROWS + 1):
        content = {
            "type": "event",
            "sequence": sequence,
            "auditEventId": f"aud_{sequence}",
            "actor": f"usr_{sequence % 3}",
            "details": {"n": sequence},
            "previousHash": previous,
        }
        previous = digest(content).hex()
        rows.append(Entry(content, previous))
    return rows


SEALED = chain()
HEAD = Mark(ROWS, str(SEALED[-1].hash))
SIGNATURE = Mark(SIGNED, str(SEALED[SIGNED - 1].hash))


def finding(rows: list[Entry]) -> Finding | None:
    walk = Walk(deque([SIGNATURE]), head=lambda: HEAD)
    return walk.take(rows) or walk.end()


def changed(entry: Entry, **more: Any) -> Entry:
    return Entry({**entry.document, **more}, entry.hash)


def resealed(entry: Entry, **more: Any) -> Entry:
    """By somebody who knows how hashes are made."""
    content = {**entry.document, **more}
    return Entry(content, digest(content).hex())


def first_difference(rows: list[Entry]) -> int | None:
    """The place of the first row that is not what was sealed there; null for the sealed chain."""
    for place, sealed in enumerate(SEALED):
        if place >= len(rows) or rows[place] != sealed:
            return place + 1
    return ROWS + 1 if len(rows) > ROWS else None


PLACES = st.integers(0, ROWS - 1)
ALTER = st.tuples(st.just("alter"), PLACES, st.sampled_from(["actor", "details", "sequence", "previousHash", "more"]))
MOVE = st.tuples(st.just("move"), PLACES, PLACES)
DROP = st.tuples(st.just("drop"), PLACES, st.just(0))
TWICE = st.tuples(st.just("twice"), PLACES, PLACES)
STEPS = st.lists(st.one_of(ALTER, MOVE, DROP, TWICE), min_size=1, max_size=4)


def done(rows: list[Entry], step: tuple[str, int, Any]) -> None:
    kind, place, more = step
    if place >= len(rows):
        return
    if kind == "alter":
        rows[place] = changed(rows[place], **{more: "x" if more != "sequence" else 99})
    elif kind == "move":
        rows.insert(more, rows.pop(place))
    elif kind == "drop":
        rows.pop(place)
    else:
        rows.insert(more, rows[place])


def test_the_sealed_chain_is_intact() -> None:
    assert finding(list(SEALED)) is None


@given(STEPS)
def test_the_first_broken_row_is_named(steps: list[tuple[str, int, Any]]) -> None:
    rows = list(SEALED)
    for step in steps:
        done(rows, step)
    found, place = finding(rows), first_difference(rows)
    assert (found.sequence if found else None) == place


@given(PLACES, st.integers(0, ROWS))
def test_rows_that_were_sealed_anew_are_named(first: int, more: int) -> None:
    """A row is changed and the next ones calculated anew: named is it, or where the signature shows that it was."""
    rows, last = list(SEALED), min(ROWS - 1, first + more)
    rows[first] = resealed(rows[first], actor="usr_x")
    for place in range(first + 1, last + 1):
        rows[place] = resealed(rows[place], previousHash=rows[place - 1].hash)
    found = finding(rows)
    assert found is not None
    if first < SIGNED <= last + 1:
        assert (found.problem, found.sequence) == (Problem.REWRITTEN, 1)
    elif last == ROWS - 1:
        assert (found.problem, found.sequence) == (Problem.REPLACED, ROWS)
    else:
        assert found.problem is Problem.REPLACED
        assert first + 1 <= found.sequence <= last + 1

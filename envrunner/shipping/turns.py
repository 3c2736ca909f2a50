"""Whose turn it is of an environment's two logs, its engine's and its edge's: their lines are numbered in one order.

Each has a `Position`. The one with the higher number is being sent: what of it was sent and not acknowledged will be
sent again, under the same numbers. So the other has its turn only when all that was sent is known to be taken; its
position is then raised above, and written, before anything of it is sent.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from envrunner.shipping.position import Position, Positions, first


@dataclass(frozen=True)
class Source:
    """Files ``<label>.log`` in ``directory``, and how far each has been sent."""

    name: str
    directory: Path
    positions: Positions

    def log(self, label: str) -> Path:
        """Of one environment."""
        return self.directory / f"{label}.log"


class Turns:
    """`due` says what to read next; `sent`, `taken` and `quiet` say what became of it."""

    def __init__(self, sources: list[Source]) -> None:
        self.sources = sources
        self._quiet: dict[tuple[str, str], tuple[int, int]] = {}
        self._settled: set[str] = set()
        self._known: set[str] = set()

    def due(self, label: str) -> Iterator[tuple[Source, Position, os.stat_result]]:
        """Logs that may have news, with the place to read on; the next only when the one before had none.

        Raises OSError.
        """
        news = {source.name: seen for source in self.sources if (seen := self._news(source, label))}
        # Positions are files: who is quiet, as nearly all are, must not cost reading them.
        if not news:
            return
        self._find_lost(label)
        for source in self._in_order(label):
            if seen := news.get(source.name):
                yield source, self._begin(source, label), seen

    def others_due(self, source: Source, label: str) -> bool:
        """Whether another log of this environment may have news."""
        return any(self._news(one, label) for one in self.sources if one is not source)

    def sent(self, label: str) -> None:
        """It may be taken, or not: nobody knows until it is acknowledged."""
        self._settled.discard(label)

    def taken(self, source: Source, label: str, position: Position) -> None:
        """Everything before the position. Raises OSError when that cannot be remembered."""
        source.positions.write(label, position)
        self._settled.add(label)

    def quiet(self, source: Source, label: str, seen: os.stat_result) -> None:
        """There is nothing more in it until it changes."""
        self._quiet[source.name, label] = (seen.st_size, seen.st_mtime_ns)

    def nothing(self, label: str) -> None:
        """Of what is being sent there is nothing left that could have been sent."""
        self._settled.add(label)

    def forget_others(self, source: Source, labels: set[str]) -> None:
        """Logs that are gone. Their numbers are not: the environment's other logs go on above them."""
        for gone in source.positions.labels() - labels:
            # With a full disk they are gone the next time.
            with contextlib.suppress(OSError):
                self._pass_on(source, gone)
                source.positions.forget(gone)
                self._quiet.pop((source.name, gone), None)

    def _pass_on(self, source: Source, label: str) -> None:
        # Of what is not being sent everything is taken, so no number of it is needed again.
        for other in self.sources:
            if 0 < self._number(other, label) < self._number(source, label):
                self._raise(other, label, first().sequence)

    def _news(self, source: Source, label: str) -> os.stat_result | None:
        seen = _stat(source.log(label))
        known = self._quiet.get((source.name, label))
        return seen if seen and known != (seen.st_size, seen.st_mtime_ns) else None

    def _find_lost(self, label: str) -> None:
        """A position that is missing may have been the higher one: numbers go on above every one ever used."""
        if label not in self._known:
            self._known.add(label)
            for source in self.sources:
                if _stat(source.log(label)) and source.positions.read(label) is None:
                    self._raise(source, label)

    def _in_order(self, label: str) -> list[Source]:
        """What is being sent comes first until it is settled, then the other."""
        begun = [source for source in self.sources if source.positions.read(label)]
        current = max(begun, key=lambda source: self._number(source, label), default=self.sources[0])
        others = [source for source in self.sources if source is not current]
        return [*others, current] if label in self._settled else [current, *others]

    def _begin(self, source: Source, label: str) -> Position:
        known = source.positions.read(label)
        if known and known.sequence == self._highest(label):
            return known
        return self._raise(source, label)

    def _raise(self, source: Source, label: str, least: int = 0) -> Position:
        fresh = source.positions.read(label) or first()
        fresh = fresh.model_copy(update={"sequence": max(fresh.sequence, self._highest(label) + 1, least)})
        # Remembered before anything is sent: sent again, the lines must have the same numbers.
        source.positions.write(label, fresh)
        return fresh

    def _highest(self, label: str) -> int:
        return max(self._number(one, label) for one in self.sources)

    def _number(self, source: Source, label: str) -> int:
        known = source.positions.read(label)
        return known.sequence if known else 0


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None

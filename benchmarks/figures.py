"""What a measurement becomes: one figure with its spread, and the target it is held against."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

Kind = Literal["ours", "peer", "baseline"]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Target:
    """``at least`` or ``at most`` ``value``, in the figure's unit."""

    relation: Literal["at least", "at most"]
    value: float

    def met_by(self, measured: float) -> bool:
        """Whether ``measured`` keeps it; a measurement equal to the target does."""
        return measured >= self.value if self.relation == "at least" else measured <= self.value


@dataclass(frozen=True)
class Figure:
    """``value`` is what is claimed; ``low`` and ``high`` are the extremes of its ``samples``.

    ``kind`` tells ours from a peer measured in the same rounds and from the upper bound (``baseline``).
    """

    key: str
    group: str
    name: str
    unit: str
    statistic: str
    value: float
    low: float
    high: float
    samples: int
    kind: Kind = "ours"
    target: Target | None = None

    @property
    def met(self) -> bool | None:
        """None without a target."""
        return self.target.met_by(self.value) if self.target else None


@dataclass(frozen=True)
class Skipped:
    """A row that could not be measured here, and why."""

    key: str
    reason: str


@dataclass(frozen=True)
class Outcome:
    """What one group of measurements gave."""

    figures: Sequence[Figure] = ()
    skipped: Sequence[Skipped] = ()

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome((*self.figures, *other.figures), (*self.skipped, *other.skipped))


def percentile(samples: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: the smallest sample that ``share`` (0 to 1) of all do not exceed."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def figure(
    labels: tuple[str, str, str, str],
    samples: Sequence[float],
    *,
    share: float | None = None,
    kind: Kind = "ours",
    target: Target | None = None,
) -> Figure:
    """From ``samples``, their median or, with ``share``, that percentile. ``labels`` are key, group, name and unit."""
    key, group, name, unit = labels
    value = statistics.median(samples) if share is None else percentile(samples, share)
    statistic = "median" if share is None else f"p{share * 100:g}"
    return Figure(
        key, group, name, unit, statistic, value, min(samples), max(samples), len(samples), kind=kind, target=target
    )


def interleaved(
    runs: Mapping[str, Callable[[], Result]], rounds: int, tell: Callable[[str], None]
) -> dict[str, list[Result]]:
    """Each of ``runs`` once per round, in turn (A B C A B C …): a machine that changes its pace meets all alike."""
    results: dict[str, list[Result]] = {name: [] for name in runs}
    for number in range(1, rounds + 1):
        for name, run in runs.items():
            tell(f"round {number} of {rounds}: {name}")
            results[name].append(run())
    return results

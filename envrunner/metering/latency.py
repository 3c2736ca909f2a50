"""Quantiles of all requests, from the quantiles of each kind and how many there were of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate

from envrunner.metering.exposition import Kind

Curve = list[tuple[float, float]]
"""Seconds and the share of requests that took no longer; both rise."""


def estimate(kinds: Sequence[tuple[int, Mapping[float, float]]], share: float) -> float | None:
    """Seconds within which that share of all requests was answered; None without any.

    Between an engine's quantiles the share is taken to rise evenly, so for one kind its own quantiles come out.
    """
    # Of a kind there were none of lately all are 0.
    curves = [(weight, _curve(told)) for weight, told in kinds if weight > 0 and any(told.values())]
    total = sum(weight for weight, _ in curves)
    if not total:
        return None
    moments = sorted({seconds for _, curve in curves for seconds, _ in curve})

    def reached(seconds: float) -> float:
        return sum(weight * _share(curve, seconds) for weight, curve in curves) / total

    # It rises, so a few looks find the place: at every moment of every kind they would take the square of all kinds.
    place = bisect_left(moments, share - 1e-9, key=reached)
    if place in (0, len(moments)):
        return moments[min(place, len(moments) - 1)]
    low, high = reached(moments[place - 1]), reached(moments[place])
    part = 1.0 if high <= low else min(1.0, (share - low) / (high - low))
    return moments[place - 1] + part * (moments[place] - moments[place - 1])


def _curve(quantiles: Mapping[float, float]) -> Curve:
    ordered = sorted(quantiles.items())
    # They are estimates: a higher one may come out a little lower.
    seconds = accumulate((value for _, value in ordered), max)
    return [(0.0, 0.0), *zip(seconds, (share for share, _ in ordered), strict=True)]


def _share(curve: Curve, seconds: float) -> float:
    after = bisect_left(curve, (seconds, -1.0))
    # Of several shares at one moment the highest: so many took no longer.
    while after < len(curve) and curve[after][0] == seconds:
        after += 1
    if after == len(curve) or curve[after - 1][0] == seconds:
        return curve[after - 1][1]
    (before, low), (behind, high) = curve[after - 1], curve[after]
    return low + (high - low) * (seconds - before) / (behind - before)


class Weights:
    """How many requests of each kind a process has answered in the minute that is under way.

    In the first one it is known of: since its start.
    """

    def __init__(self, process: str) -> None:
        self.process = process
        self._minute = 0
        self._before: Mapping[Kind, int] = {}
        self._last: Mapping[Kind, int] = {}

    def of(self, answered: Mapping[Kind, int], minute: int) -> dict[Kind, int]:
        """By kind, with what it has answered since its start."""
        if minute != self._minute:
            self._minute, self._before = minute, self._last
        self._last = answered
        return {kind: count - self._before.get(kind, 0) for kind, count in answered.items()}

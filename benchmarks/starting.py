"""How long ``script/up --detach`` takes in an installed checkout: the first time and again."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks import plane
from benchmarks.figures import Outcome, Target, figure
from benchmarks.probing import wait_for_ok
from benchmarks.scale import Scale

_GROUP = "script/up --detach → ready (installed checkout)"
_WARM = Target("at most", 5.0)


def measure(scale: Scale, tell: Callable[[str], None]) -> Outcome:
    """Warm: a stopped plane with one environment in it. Cold: an empty home."""
    cold = []
    for number in range(1, scale.cold_starts + 1):
        tell(f"cold start {number} of {scale.cold_starts}")
        with plane.fresh() as one:
            cold.append(one.up())
    warm, calls, down = _warm(scale, tell)
    return Outcome(
        [
            figure(("up.warm", _GROUP, "warm, one environment in it", "s"), warm, target=_WARM),
            figure(("up.warm.call", _GROUP, "warm, to the environment's first authorised 200", "s"), calls),
            figure(("up.cold", _GROUP, "cold, empty home", "s"), cold),
            figure(("up.down", _GROUP, "script/down", "s"), down),
        ]
    )


def _warm(scale: Scale, tell: Callable[[str], None]) -> tuple[list[float], list[float], list[float]]:
    warm, calls, down = [], [], []
    with plane.fresh() as one:
        one.up()
        environment = one.api().create()
        wait_for_ok(environment.ingress_port, environment.token)
        for number in range(1, scale.warm_starts + 1):
            tell(f"warm start {number} of {scale.warm_starts}")
            down.append(one.down())
            started = time.monotonic()
            warm.append(one.up())
            calls.append(wait_for_ok(environment.ingress_port, environment.token) - started)
    return warm, calls, down

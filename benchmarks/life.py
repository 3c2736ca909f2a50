"""How long a new environment takes: from asking for it to the first authorised 200 through the edge."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from benchmarks.figures import Outcome, Target, figure
from benchmarks.plane import Api, Environment
from benchmarks.probing import POLL_SECONDS, wait_for_ok
from benchmarks.scale import Scale

_GROUP = "Create an environment and a key → first authorised 200 through the edge"
_MEDIAN, _P95, _ALL = Target("at most", 0.5), Target("at most", 1.0), Target("at most", 6.0)


def measure(api: Api, scale: Scale, tell: Callable[[str], None]) -> Outcome:
    """One by one, then many at once."""
    alone = []
    for number in range(1, scale.environments + 1):
        tell(f"environment {number} of {scale.environments}, one by one")
        environment, seconds = _create(api, POLL_SECONDS)
        api.purge(environment.environment_id)
        alone.append(seconds)
    count = scale.environments_at_once
    tell(f"{count} environments at once")
    together = _at_once(api, count)
    return Outcome(
        [
            figure(("life.median", _GROUP, "one by one, p50", "s"), alone, share=0.5, target=_MEDIAN),
            figure(("life.p95", _GROUP, "one by one, p95", "s"), alone, share=0.95, target=_P95),
            figure(("life.all", _GROUP, f"{count} at once, the last", "s"), together, share=1.0, target=_ALL),
        ]
    )


def _create(api: Api, poll_seconds: float) -> tuple[Environment, float]:
    started = time.monotonic()
    environment = api.create()
    return environment, wait_for_ok(environment.ingress_port, environment.token, poll_seconds) - started


def _at_once(api: Api, count: int) -> list[float]:
    # Asking less often together, so that the callers do not take the processors from what they wait for.
    with ThreadPoolExecutor(count) as pool:
        made = list(pool.map(lambda _: _create(api, POLL_SECONDS * count / 4), range(count)))
    for environment, _ in made:
        api.purge(environment.environment_id)
    return [seconds for _, seconds in made]

"""How fast a created key is accepted and a revoked one refused, while other calls load the edge."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import load, tools
from benchmarks.figures import Figure, Outcome, Skipped, Target, figure
from benchmarks.load import Request
from benchmarks.plane import Api, Environment
from benchmarks.probing import Caller, wait_for_ok
from benchmarks.processes import Failed
from benchmarks.scale import Scale

_TARGET = Target("at most", 250.0)
_POLL_SECONDS = 0.002
_REFUSALS_IN_A_ROW = 20
_DEADLINE_SECONDS = 30.0


@dataclass(frozen=True)
class Sample:
    """Milliseconds, counted from when the API was asked and from when it had answered."""

    accepted_from_asking: float
    accepted_from_answer: float
    refused_from_asking: float
    refused_from_answer: float


def measure(api: Api, scale: Scale, tell: Callable[[str], None]) -> Outcome:
    """Keys created and revoked one after another. Raises `Failed` when a revoked key goes on working."""
    reason = tools.missing_reason("wrk")
    if reason:
        return Outcome(skipped=[Skipped("keys", reason)])
    environment = api.create()
    wait_for_ok(environment.ingress_port, environment.token)
    request = Request(f"{environment.ingress_url}/restate/health", environment.token)
    samples = []
    with load.background(request, scale.background_per_second):
        for number in range(1, scale.keys + 1):
            tell(f"key {number} of {scale.keys}, under {scale.background_per_second} calls a second")
            samples.append(_sample(api, environment))
    api.purge(environment.environment_id)
    return Outcome(_figures(samples, scale))


def _sample(api: Api, environment: Environment) -> Sample:
    asked = time.monotonic()
    key_id, token = api.create_key(environment.environment_id)
    made = time.monotonic()
    accepted = wait_for_ok(environment.ingress_port, token, _POLL_SECONDS)
    with Caller(environment.ingress_port, token) as caller:
        caller.status()
        revoking = time.monotonic()
        api.revoke_key(environment.environment_id, key_id)
        revoked = time.monotonic()
        last = _last_accepted(caller, since=revoked)
    asked, made, revoking, revoked, accepted, last = (
        1000 * one for one in (asked, made, revoking, revoked, accepted, last)
    )
    return Sample(accepted - asked, accepted - made, last - revoking, last - revoked)


def _last_accepted(caller: Caller, since: float) -> float:
    """When the last accepted call was answered; ``since`` when none was. One refusal is no proof, many in a row are."""
    last, refused = since, 0
    while refused < _REFUSALS_IN_A_ROW:
        accepted = caller.status() == 200
        if accepted:
            last = time.monotonic()
        refused = 0 if accepted else refused + 1
        if time.monotonic() > since + _DEADLINE_SECONDS:
            raise Failed(f"a revoked key still works after {_DEADLINE_SECONDS:.0f} s")
        time.sleep(_POLL_SECONDS)
    return last


def _figures(samples: list[Sample], scale: Scale) -> list[Figure]:
    created = f"Key created → first accepted call, at {scale.background_per_second} calls/s"
    revoked = f"Key revoked → last accepted call, at {scale.background_per_second} calls/s"
    rows = (
        ("keys.created", created, "from asking the API", [one.accepted_from_asking for one in samples]),
        ("keys.created.answer", created, "from the API's answer", [one.accepted_from_answer for one in samples]),
        ("keys.revoked", revoked, "from asking the API", [one.refused_from_asking for one in samples]),
        ("keys.revoked.answer", revoked, "from the API's answer", [one.refused_from_answer for one in samples]),
    )
    figures = []
    for key, group, name, values in rows:
        figures.append(figure((f"{key}.p50", group, f"{name}, p50", "ms"), values, share=0.5))
        figures.append(figure((f"{key}.p99", group, f"{name}, p99", "ms"), values, share=0.99, target=_TARGET))
    return figures

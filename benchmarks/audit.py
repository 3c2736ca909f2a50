"""What recording costs a call that changes an engine, and how long a long chain takes to verify."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks.figures import Figure, Outcome, Target, figure
from benchmarks.plane import CHECKOUT, Api, Environment, Plane
from benchmarks.probing import wait_for_ok
from benchmarks.processes import Failed
from benchmarks.scale import Scale
from embedded.surroundings import for_processes

_ADDED = Target("at most", 1.0)
_VERIFIED = Target("at most", 60.0)
_SECONDS = 1800.0


def measure(one: Plane, api: Api, scale: Scale, tell: Callable[[str], None]) -> Outcome:
    """Raises `Failed`."""
    tell("audit: calls that change an engine")
    environment = api.create()
    wait_for_ok(environment.ingress_port, environment.token)
    added = [_added(environment, scale.recorded_calls) for _ in range(scale.rounds)]
    api.purge(environment.environment_id)
    tell(f"audit: verifying {scale.audit_rows:,} rows")
    return Outcome([_call_figure(added), _chain_figure(_verified(one, scale), scale)])


def _call_figure(added: list[float]) -> Figure:
    labels = ("audit.call", "Recording a call that changes an engine", "added to p50, 1 connection", "ms")
    return figure(labels, added, target=_ADDED)


def _chain_figure(seconds: list[float], scale: Scale) -> Figure:
    labels = ("audit.verify", "Verifying a chain", f"{scale.audit_rows:,} rows", "s")
    return figure(labels, seconds, target=_VERIFIED)


def _added(environment: Environment, calls: int) -> float:
    """Milliseconds between a call that is recorded and one that is not; the engine knows of neither's deployment."""
    connection = http.client.HTTPConnection("127.0.0.1", environment.admin_port, timeout=30)
    samples: dict[str, list[float]] = {"GET": [], "DELETE": []}
    for _ in range(calls):
        for method, taken in samples.items():
            taken.append(_call(connection, method, environment.token))
    connection.close()
    return sorted(samples["DELETE"])[calls // 2] - sorted(samples["GET"])[calls // 2]


def _call(connection: http.client.HTTPConnection, method: str, token: str) -> float:
    started = time.perf_counter()
    path = "/deployments/dp_11111111111111111111111"
    connection.request(method, f"{path}?force=true", headers={"authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    answer.read()
    if answer.status not in (400, 404):
        raise Failed(f"{method} {path} was answered with {answer.status}")
    return 1000 * (time.perf_counter() - started)


def _verified(one: Plane, scale: Scale) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.audit_rows", str(scale.audit_rows), str(min(3, scale.rounds))]
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env=for_processes(one.layout, {}),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        raise Failed(f"the chain was not verified: {done.stderr[-1500:]}")
    seconds: list[float] = json.loads(done.stdout)["seconds"]
    return seconds

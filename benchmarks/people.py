"""What the guard costs a person's call, and how soon a call under way ends when its session does."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from benchmarks import load, tools
from benchmarks.figures import Figure, Outcome, Skipped, Target, figure, interleaved
from benchmarks.load import Load, Request
from benchmarks.plane import Api, Environment
from benchmarks.probing import wait_for_ok
from benchmarks.processes import Failed
from benchmarks.scale import Scale

_ENDED = Target("at most", 250.0)
_CALLS = "People's calls, beside those of an API key"
_ENDS = "Sign-out, until a call under way has ended"
# The guard looks every 50 ms: sign-outs must not fall into its rhythm.
_UNDER_WAY_SECONDS = 0.13
_ANSWER_SECONDS = 30.0


def measure(api: Api, scale: Scale, tell: Callable[[str], None]) -> Outcome:
    """Trivial requests by a person and by a key in turn; then sessions that end while they call."""
    reason = tools.missing_reason("wrk")
    if reason:
        return Outcome(skipped=[Skipped("people", reason)])
    environment = api.create()
    wait_for_ok(environment.ingress_port, environment.token)
    figures = _calls(api, environment, scale, tell)
    samples = []
    for number in range(1, scale.sessions + 1):
        tell(f"session {number} of {scale.sessions}")
        samples.append(_ended_after(api, environment))
    api.purge(environment.environment_id)
    return Outcome([*figures, *_ends(samples)])


def _calls(api: Api, environment: Environment, scale: Scale, tell: Callable[[str], None]) -> list[Figure]:
    url, person = f"{environment.ingress_url}/restate/health", api.log_in()
    wait_for_ok(environment.ingress_port, person)
    requests = {"key": Request(url, environment.token), "person": Request(url, person)}
    alone, many = (_turns(requests, connections, scale, tell) for connections in (1, 32))
    added = [one.p50_ms - other.p50_ms for one, other in zip(alone["person"], alone["key"], strict=True)]
    share = [one.per_second / other.per_second for one, other in zip(many["person"], many["key"], strict=True)]
    rates = [one.per_second for one in many["person"]]
    return [
        figure(("people.added", _CALLS, "added to p50, 1 connection", "ms"), added, kind="ours"),
        figure(("people.rate", _CALLS, "trivial requests, 32 connections", "1/s"), rates, kind="ours"),
        figure(("people.ratio", _CALLS, "share of an API key's rate", "ratio"), share, kind="ours"),
    ]


def _turns(
    requests: dict[str, Request], connections: int, scale: Scale, tell: Callable[[str], None]
) -> dict[str, list[Load]]:
    runs = {name: _run(request, connections, scale.load_seconds) for name, request in requests.items()}
    return interleaved(runs, scale.rounds, lambda text: tell(f"people, {connections} connections: {text}"))


def _run(request: Request, connections: int, seconds: float) -> Callable[[], Load]:
    return lambda: load.wrk(request, connections, seconds)


def _ended_after(api: Api, environment: Environment) -> float:
    """Milliseconds from the API's answer to the end of an upload the engine was still reading. Raises `Failed`."""
    token = api.log_in()
    wait_for_ok(environment.ingress_port, token)
    head = (
        f"PATCH /services/none HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
    )
    with socket.create_connection(("127.0.0.1", environment.admin_port), _ANSWER_SECONDS) as call:
        call.sendall(head.encode())
        time.sleep(_UNDER_WAY_SECONDS)
        api.log_out(token)
        answered = time.monotonic()
        status = call.recv(12)
        ended = time.monotonic()
    if status != b"HTTP/1.1 401":
        raise Failed(f"the call under way was not ended by the sign-out: {status!r}")
    return 1000 * (ended - answered)


def _ends(samples: list[float]) -> list[Figure]:
    labels = ("people.ended.median", _ENDS, "from the API's answer, p50", "ms")
    last = ("people.ended.p99", _ENDS, "from the API's answer, p99", "ms")
    return [figure(labels, samples), figure(last, samples, share=0.99, target=_ENDED)]

"""What the edge costs: invocations, trivial requests and one caller alone; beside HAProxy, no gate, and no proxy."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks import engine, load, peers, tools
from benchmarks.figures import Figure, Kind, Outcome, Skipped, Target, figure, interleaved
from benchmarks.load import Load, Request
from benchmarks.plane import Api, Environment, Plane
from benchmarks.probing import wait_for_ok
from benchmarks.processes import wait_until
from benchmarks.scale import Scale

DIRECT, EDGE, HAPROXY, UNGATED, SAME = "direct", "edge", "haproxy", "ungated", "same"
RESTRICTED = "restricted"
_NAMES = {
    DIRECT: "directly over TCP, no proxy",
    EDGE: "through the edge",
    RESTRICTED: "through the edge, with a restricted key",
    HAPROXY: "through HAProxy, same key lookup",
    UNGATED: "through nginx without a gate",
    SAME: "the same engine, its unix socket, no proxy",
}
_KINDS: dict[str, Kind] = {
    DIRECT: "baseline",
    EDGE: "ours",
    RESTRICTED: "ours",
    HAPROXY: "peer",
    UNGATED: "peer",
    SAME: "baseline",
}
_CALL, _BODY = "/echo/bytes", "hello"
_CONNECTIONS = 32
_STREAMS = 8
_LEAST_RATIO = Target("at least", 0.92)
_RESTRICTIONS = {
    "services": ["greeter", "echo"],
    "handlers": ["echo/bytes", "greeter/*/greet"],
    "methods": ["GET", "POST"],
    "networks": ["10.0.0.0/8", "127.0.0.0/8", "2001:db8::/32"],
    "requestsPerSecond": 1_000_000,
}
_LEAST_OF_PLAIN = Target("at least", 0.98)
_LEAST_TRIVIAL = Target("at least", 28_000)
_MOST_ADDED_MS = Target("at most", 0.3)

Requests = Mapping[str, Request]


def measure(plane: Plane, api: Api, workdir: Path, scale: Scale, tell: Callable[[str], None]) -> Outcome:
    """All rows of the edge. Rows whose program is missing are skipped, with the reason."""
    reason = tools.missing_reason("wrk")
    if reason:
        return Outcome(skipped=[Skipped("edge", reason)])
    skipped = [Skipped(f"edge.{HAPROXY}", why)] if (why := tools.missing_reason("haproxy")) else []
    with _active(api) as environment, _invocations(plane, environment, workdir) as requests:
        restricted = _restricted(api, environment)
        same = Request("http://localhost" + _CALL, None, _BODY, socket=_socket(plane, environment))
        figures = _invocation_rates({SAME: same, **requests, RESTRICTED: restricted}, scale, tell)
        figures += _alone(requests, scale, tell)
        outcome = Outcome(figures, skipped) + _http2({SAME: same, **requests}, scale, tell)
    with _active(api) as environment, _trivial(plane, environment, workdir) as requests:
        results = _interleaved("trivial", requests, _CONNECTIONS, scale, tell)
        return outcome + Outcome(_rates("trivial", "trivial requests", results, DIRECT, _LEAST_TRIVIAL))


@contextlib.contextmanager
def _active(api: Api) -> Iterator[Environment]:
    environment = api.create()
    wait_until(lambda: api.active(environment.environment_id), "a new environment")
    try:
        yield environment
    finally:
        api.purge(environment.environment_id)


def _restricted(api: Api, environment: Environment) -> Request:
    token = api.create_key(environment.environment_id, _RESTRICTIONS)[1]
    request = Request(environment.ingress_url + _CALL, token, _BODY)
    engine.wait_for_call(request)
    return request


@contextlib.contextmanager
def _invocations(plane: Plane, environment: Environment, workdir: Path) -> Iterator[Requests]:
    with engine.direct(workdir) as direct, contextlib.ExitStack() as held:
        keys = [environment.signing_public_key, direct.signing_public_key]
        service_url = held.enter_context(engine.service(keys, workdir))
        wait_for_ok(environment.ingress_port, environment.token)
        targets = (
            (direct.admin_url, direct.ingress_url, None),
            (environment.admin_url, environment.ingress_url, environment.token),
        )
        for admin_url, ingress_url, token in targets:
            engine.register(admin_url, token, service_url)
            engine.wait_for_call(Request(ingress_url + _CALL, token, _BODY))
        yield held.enter_context(_paths(plane, environment, direct.ingress_url, _CALL, _BODY, workdir))


@contextlib.contextmanager
def _trivial(plane: Plane, environment: Environment, workdir: Path) -> Iterator[Requests]:
    with (
        # Before the first call through the edge: it would keep its connection to the engine.
        peers.trivial(_socket(plane, environment), workdir) as direct_url,
        _paths(plane, environment, direct_url, "/trivial", None, workdir) as requests,
    ):
        wait_for_ok(environment.ingress_port, environment.token)
        yield requests


@contextlib.contextmanager
def _paths(
    plane: Plane, environment: Environment, direct_url: str, path: str, body: str | None, workdir: Path
) -> Iterator[Requests]:
    socket, token = _socket(plane, environment), environment.token
    with contextlib.ExitStack() as held:
        requests = {
            DIRECT: Request(direct_url + path, body=body),
            EDGE: Request(environment.ingress_url + path, token, body),
            UNGATED: Request(held.enter_context(peers.ungated(socket, workdir)) + path, token, body),
        }
        if tools.find("haproxy"):
            url = held.enter_context(peers.haproxy(socket, environment.label, token, plane.digest_key(), workdir))
            requests[HAPROXY] = Request(url + path, token, body)
        yield requests


def _invocation_rates(requests: Requests, scale: Scale, tell: Callable[[str], None]) -> list[Figure]:
    """Beside the very engine behind the edge: two engines, or TCP and unix sockets, are not equally fast."""
    runs = {name: _run_h2load(request, _CONNECTIONS, 1, scale.load_seconds) for name, request in requests.items()}
    for name, run in runs.items():
        tell(f"invocations: warming up {name}")
        run()
    results = interleaved(runs, scale.rounds, lambda text: tell(f"invocations: {text}"))
    figures = _rates("invocations", "invocations", results, SAME)
    pairs = zip(results[EDGE], results[DIRECT], strict=True)
    labels = (
        "edge.invocations.edge.tcp-ratio",
        figures[0].group,
        f"{_NAMES[EDGE]}, share of {_NAMES[DIRECT]}",
        "ratio",
    )
    figures.append(figure(labels, [a.per_second / b.per_second for a, b in pairs], kind="ours", target=_LEAST_RATIO))
    return [*figures, _of_plain(figures[0].group, results)]


def _of_plain(group: str, results: Mapping[str, list[Load]]) -> Figure:
    name = f"{_NAMES[RESTRICTED]}, share of those with a key without restrictions"
    pairs = zip(results[RESTRICTED], results[EDGE], strict=True)
    ratios = [ours.per_second / plain.per_second for ours, plain in pairs]
    labels = ("edge.invocations.restricted.of-plain", group, name, "ratio")
    return figure(labels, ratios, kind="ours", target=_LEAST_OF_PLAIN)


def _rates(
    key: str, what: str, results: Mapping[str, list[Load]], baseline: str, target: Target | None = None
) -> list[Figure]:
    group = f"Edge: {what}, {_CONNECTIONS} connections"
    figures = []
    for name, loads in results.items():
        labels = (f"edge.{key}.{name}", group, _NAMES[name], "1/s")
        rates = [one.per_second for one in loads]
        figures.append(figure(labels, rates, kind=_KINDS[name], target=target if name == EDGE else None))
    for name in [one for one in results if one != baseline]:
        pairs = zip(results[name], results[baseline], strict=True)
        ratios = [ours.per_second / theirs.per_second for ours, theirs in pairs]
        labels = (f"edge.{key}.{name}.ratio", group, f"{_NAMES[name]}, share of no proxy", "ratio")
        figures.append(figure(labels, ratios, kind=_KINDS[name]))
    return figures


def _alone(requests: Requests, scale: Scale, tell: Callable[[str], None]) -> list[Figure]:
    results = _interleaved("one connection", requests, 1, scale, tell)
    group, figures = "Edge: invocation, 1 connection", []
    for name, loads in results.items():
        labels = (f"edge.alone.{name}", group, f"p50 {_NAMES[name]}", "ms")
        figures.append(figure(labels, [one.p50_ms for one in loads], kind=_KINDS[name]))
    for name in [one for one in results if one != DIRECT]:
        added = [ours.p50_ms - theirs.p50_ms for ours, theirs in zip(results[name], results[DIRECT], strict=True)]
        labels = (f"edge.alone.{name}.added", group, f"added to p50 {_NAMES[name]}", "ms")
        goal = _MOST_ADDED_MS if name == EDGE else None
        figures.append(figure(labels, added, kind=_KINDS[name], target=goal))
    return figures


def _interleaved(
    what: str, requests: Requests, connections: int, scale: Scale, tell: Callable[[str], None]
) -> dict[str, list[Load]]:
    for name, request in requests.items():
        tell(f"{what}: warming up {name}")
        load.wrk(request, connections, scale.warm_up_seconds)
    runs = {name: _run(request, connections, scale.load_seconds) for name, request in requests.items()}
    return interleaved(runs, scale.rounds, lambda text: tell(f"{what}: {text}"))


def _run(request: Request, connections: int, seconds: float) -> Callable[[], Load]:
    return lambda: load.wrk(request, connections, seconds)


def _http2(requests: Requests, scale: Scale, tell: Callable[[str], None]) -> Outcome:
    reason = tools.missing_reason("h2load")
    if reason:
        return Outcome(skipped=[Skipped("edge.http2", reason)])
    # HAProxy and nginx without a gate are not set up for HTTP/2 without TLS.
    connections = _CONNECTIONS // _STREAMS
    runs = {
        name: _run_h2load(requests[name], connections, _STREAMS, scale.load_seconds) for name in (SAME, DIRECT, EDGE)
    }
    results = interleaved(runs, scale.rounds, lambda text: tell(f"HTTP/2: {text}"))
    group = f"Edge: invocations over h2c, {_CONNECTIONS // _STREAMS} connections, {_CONNECTIONS} streams"
    figures = []
    for name, loads in results.items():
        labels = (f"edge.http2.{name}", group, _NAMES[name], "1/s")
        figures.append(figure(labels, [one.per_second for one in loads], kind=_KINDS[name]))
    return Outcome(figures)


def _run_h2load(request: Request, connections: int, streams: int, seconds: float) -> Callable[[], Load]:
    return lambda: load.h2load(request, connections, streams, seconds)


def _socket(plane: Plane, environment: Environment) -> Path:
    return plane.run_dir / "e" / environment.label / "i.sock"

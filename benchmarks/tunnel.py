"""What a tunnel costs: the same service called directly, through relay and stock CLI, and through `ssh -R`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2

from benchmarks import cpu, load, tools, ways
from benchmarks.engine import wait_for_call
from benchmarks.figures import Figure, Kind, Outcome, Skipped, Target, figure, interleaved
from benchmarks.load import Load, Request
from benchmarks.plane import Environment, Plane
from benchmarks.processes import Failed, free_port, wait_until
from benchmarks.scale import Scale

NAME = "bench"
"""Of the tunnel."""
DIRECT, TUNNEL, SSH = "direct", "tunnel", "ssh"
_NAMES = {DIRECT: "called directly", TUNNEL: f"relay and CLI {ways.CLI_VERSION}", SSH: "ssh -R"}
_KINDS: dict[str, Kind] = {DIRECT: "baseline", TUNNEL: "ours", SSH: "peer"}
_SMALL, _LARGE = "hello", "0123456789abcdef" * 4096
_LEAST_OF_PEER = Target("at least", 0.7)
_MOST_ADDED_MS = Target("at most", 1.0)


@dataclass(frozen=True)
class Taken:
    """One run: the load, and microseconds of processor time that the way itself took for a call."""

    load: Load
    micros: float


@dataclass(frozen=True)
class Way:
    """``pids``: the processes between engine and service."""

    request: Request
    pids: Callable[[], list[int]]

    def run(self, body: str, connections: int, seconds: float) -> Taken:
        """Raises `Failed` when a single call failed."""
        request = Request(self.request.url, None, body, socket=self.request.socket)
        pids = self.pids()
        before = cpu.seconds(pids)
        taken = load.timed(request, connections, seconds)
        spent = cpu.seconds(pids) - before
        return Taken(taken, spent * 1e6 / (taken.per_second * max(1, round(seconds))))


def measure(plane: Plane, workdir: Path, scale: Scale, tell: Callable[[str], None]) -> Outcome:
    """``plane`` is not running yet: its relay needs a certificate."""
    skipped = [] if tools.find("sshd") else [Skipped(f"tunnel.{SSH}", str(tools.missing_reason("sshd")))]
    figures: list[Figure] = []
    with all_ways(plane, workdir, tell) as found:
        for key, what, body, connections in (
            ("alone", "1 connection", _SMALL, 1),
            ("small", "32 connections", _SMALL, 32),
            ("many", "128 connections", _SMALL, 128),
            ("large", "64 KiB bodies both ways, 32 connections", _LARGE, 32),
        ):
            for way in found.values():
                way.run(body, connections, scale.warm_up_seconds)
            runs = {name: _run(way, body, connections, scale.load_seconds) for name, way in found.items()}
            results = interleaved(runs, scale.rounds, lambda text, what=what: tell(f"tunnel, {what}: {text}"))  # type: ignore[misc]
            figures += _figures(key, f"Tunnel: invocations, {what}", results)
    return Outcome(figures, skipped)


@contextlib.contextmanager
def all_ways(
    plane: Plane, workdir: Path, tell: Callable[[str], None], ports: Sequence[int] = ()
) -> Iterator[Mapping[str, Way]]:
    """Registered with one engine of a plane that is started for it. The peer only where there is one.

    ``ports``: where further relays will listen.
    """
    with contextlib.ExitStack() as held:
        tunnels = held.enter_context(ways.prepared(plane, workdir, ports))
        tell("starting a plane whose relay has a certificate")
        plane.up()
        held.callback(plane.down)
        api = plane.api()
        environment = api.create()
        wait_until(lambda: api.active(environment.environment_id), "a new environment")
        served = {name: free_port() for name in _NAMES}
        held.enter_context(ways.services(served, [environment.signing_public_key], workdir))
        cli = held.enter_context(ways.command_line(tunnels, plane, api, NAME))
        carriers: dict[str, Callable[[], list[int]]] = {DIRECT: list, TUNNEL: lambda: [relay(plane), cli]}
        urls = {
            DIRECT: f"http://127.0.0.1:{served[DIRECT]}",
            TUNNEL: f"http://127.0.0.1:{plane.base + 3}/{environment.label}/{NAME}/http/localhost/{served[TUNNEL]}",
        }
        if tools.find("sshd"):
            remote, pids = held.enter_context(ways.ssh_remote(served[SSH], workdir))
            urls[SSH], carriers[SSH] = f"http://127.0.0.1:{remote}", lambda: pids
        yield {name: Way(_registered(environment, plane, name, url), carriers[name]) for name, url in urls.items()}


def _registered(environment: Environment, plane: Plane, name: str, url: str) -> Request:
    headers = {"authorization": f"Bearer {environment.token}"}
    answer = httpx2.post(f"{environment.admin_url}/deployments", json={"uri": url}, headers=headers, timeout=30.0)
    if answer.status_code >= 300:
        raise Failed(f"registering {url}: {answer.status_code} {answer.text}")
    call = f"/{name}/bytes"
    wait_for_call(Request(environment.ingress_url + call, environment.token, _SMALL))
    socket = plane.run_dir / "e" / environment.label / "i.sock"
    return Request("http://localhost" + call, socket=socket)


def relay(plane: Plane) -> int:
    """Its process, now."""
    pid = plane.pid("relay")
    if pid is None:
        raise Failed("the relay does not run")
    return pid


def _run(way: Way, body: str, connections: int, seconds: float) -> Callable[[], Taken]:
    return lambda: way.run(body, connections, seconds)


def _figures(key: str, group: str, results: Mapping[str, list[Taken]]) -> list[Figure]:
    figures = []
    for name, taken in results.items():
        for unit, kind, samples in (
            ("1/s", "", [one.load.per_second for one in taken]),
            ("ms", "p50 ", [one.load.p50_ms for one in taken]),
            ("ms", "p99 ", [one.load.p99_ms for one in taken]),
            ("µs", "processor time a call, ", [one.micros for one in taken]),
        ):
            if not kind.startswith("processor") or name != DIRECT:
                labels = (f"tunnel.{key}.{name}.{kind.strip() or 'rate'}", group, kind + _NAMES[name], unit)
                figures.append(figure(labels, samples, kind=_KINDS[name]))
    return figures + _beside(key, group, results)


def _beside(key: str, group: str, results: Mapping[str, list[Taken]]) -> list[Figure]:
    figures = []
    for other in [one for one in (DIRECT, SSH) if one in results]:
        pairs = list(zip(results[TUNNEL], results[other], strict=True))
        labels = (f"tunnel.{key}.{other}.ratio", group, f"{_NAMES[TUNNEL]}, share of {_NAMES[other]}", "ratio")
        target = _LEAST_OF_PEER if other == SSH and key != "alone" else None
        ratios = [ours.load.per_second / theirs.load.per_second for ours, theirs in pairs]
        figures.append(figure(labels, ratios, target=target))
        if key == "alone":
            added = [ours.load.p50_ms - theirs.load.p50_ms for ours, theirs in pairs]
            labels = (f"tunnel.{key}.{other}.added", group, f"added to p50 of {_NAMES[other]}", "ms")
            figures.append(figure(labels, added, target=_MOST_ADDED_MS if other == SSH else None))
    return figures

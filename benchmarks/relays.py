"""What relays do to calls when they end and begin, two nodes under load, and how much memory idle tunnels take."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import tools, tunnel, ways
from benchmarks.figures import Figure, Outcome, Target, figure
from benchmarks.plane import CHECKOUT, Plane
from benchmarks.processes import Failed, free_port, wait_until
from benchmarks.scale import Scale
from tests.envrunner.relay.dialling import dialled, introduction
from tests.envrunner.relay.node import RelayNode

_CALLERS, _PER_SECOND = 10, 50
_OF_ONE_ENVIRONMENT = 100
_PING_SECONDS = 1.0
_NONE = Target("at most", 0)
_FLAT = Target("at most", 1)
_RESTART = "Tunnel: two relay nodes, ended one after the other under load"
_IDLE = "Tunnel: idle tunnels"


@dataclass
class _Node:
    """One relay: its process now, and where it tells about itself."""

    name: str
    socket: Path
    pid: Callable[[], int]
    again: Callable[[], None]

    def end(self, how: signal.Signals, tunnel_name: str) -> float:
        """Seconds from the signal until a new process holds the tunnel."""
        before, started = self.pid(), time.monotonic()
        os.kill(before, how)
        self.again()

        def back() -> bool:
            with contextlib.suppress(Failed):
                return self.pid() != before and ways.connections(self.socket, tunnel_name) > 0
            return False

        wait_until(back, f"the tunnel, after {how.name} of {self.name}")
        return time.monotonic() - started


class _Second:
    """A relay beside the plane's, with that one's environment but for ports and directories."""

    def __init__(self, plane: Plane, ports: tuple[int, int], workdir: Path) -> None:
        self.socket = workdir / "second" / "relay.sock"
        inherited = Path(f"/proc/{tunnel.relay(plane)}/environ").read_text().split("\0")
        self._env = dict(one.split("=", 1) for one in inherited if "=" in one) | {
            "ENVRUNNER_RELAY_PORT": str(ports[0]),
            "ENVRUNNER_TUNNEL_PROXY_PORT": str(ports[1]),
            "ENVRUNNER_RELAY_NODE_URL": f"http://127.0.0.1:{ports[1]}",
            "ENVRUNNER_STATE_DIR": str(workdir / "second" / "state"),
            "ENVRUNNER_RUN_DIR": str(workdir / "second"),
        }
        self._argv = _command(tunnel.relay(plane))
        self._log = workdir / "second.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._argv, env=self._env, cwd=CHECKOUT, stdout=log, stderr=log)

    def again(self) -> None:
        """As its supervisor would."""
        assert self._process is not None
        self._process.wait()
        self.start()

    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def restarts(plane: Plane, workdir: Path, scale: Scale, tell: Callable[[str], None]) -> Outcome:
    """``plane`` is not running yet."""
    ports = free_port(), free_port()
    plane.set({"ENVRUNNER_RELAY_NODE_URL": f"http://127.0.0.1:{plane.base + 3}"})
    with tunnel.all_ways(plane, workdir, tell, ports=ports[:1]) as found, contextlib.ExitStack() as held:
        second = _Second(plane, ports, workdir)
        second.start()
        held.callback(second.stop)
        wait_until(lambda: ways.connections(second.socket, tunnel.NAME) > 0, "a tunnel through the second relay")
        first = _Node("the plane's relay", plane.run_dir / "relay.sock", lambda: tunnel.relay(plane), lambda: None)
        nodes = [first, _Node("the second relay", second.socket, second.pid, second.again)]
        took: dict[str, list[float]] = {"SIGTERM": [], "SIGKILL": []}
        with _invocations(found[tunnel.TUNNEL], scale.invocations, workdir) as failed:
            for how in (signal.SIGTERM, signal.SIGKILL):
                for node in nodes:
                    tell(f"{how.name} of {node.name}")
                    took[how.name].append(node.end(how, tunnel.NAME))
            tell(f"waiting for the rest of {scale.invocations:,} invocations")
        labels = ("tunnel.restart.failed", _RESTART, f"failed of {scale.invocations:,} invocations", "")
        figures = [figure(labels, failed, target=_NONE)]
        for name, seconds in took.items():
            labels = (f"tunnel.restart.{name.lower()}", _RESTART, f"{name} → the new process holds the tunnel", "s")
            figures.append(figure(labels, seconds))
        return Outcome(figures)


@contextlib.contextmanager
def _invocations(way: tunnel.Way, count: int, workdir: Path) -> Iterator[list[float]]:
    """So many in the background, at an even rate; at the end of the block, how many failed. Raises `Failed`."""
    body, failed = workdir / "body", list[float]()
    body.write_text("hello")
    command = [str(tools.find("h2load")), "-t1", "--h1", f"-c{_CALLERS}", f"-n{count}", f"--rps={_PER_SECOND}"]
    command += ["-d", str(body), "-H", "content-type: application/octet-stream", "-B", f"unix:{way.request.socket}"]
    process = subprocess.Popen([*command, way.request.url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield failed
        said = process.communicate(timeout=300)[0]
    finally:
        process.kill()
        process.wait()
    found = re.search(r"status codes: (\d+) 2xx", said)
    if not found:
        raise Failed(f"h2load: {said[-400:]}")
    failed.append(count - int(found[1]))


def idle(scale: Scale, tell: Callable[[str], None]) -> Outcome:
    """A relay of its own, its neighbours doubles."""
    node = RelayNode(settings={"RELAY_PING_SECONDS": _PING_SECONDS})
    try:
        numbers = range(1, 1 + max(1, scale.idle_tunnels // _OF_ONE_ENVIRONMENT))
        for number in numbers:
            node.add_environment(number)
        tokens = {number: node.add_key(number) for number in numbers}
        node.start()
        return Outcome(asyncio.run(_idle(node, tokens, scale, tell)))
    finally:
        node.stop()


async def _idle(node: RelayNode, tokens: dict[int, str], scale: Scale, tell: Callable[[str], None]) -> list[Figure]:
    each = min(_OF_ONE_ENVIRONMENT, scale.idle_tunnels)
    async with AsyncExitStack() as open_:
        for number, token in tokens.items():
            await open_.enter_async_context(dialled(node, introduction(token, number, "first")))
        before = node.resident_bytes()
        for number, token in tokens.items():
            for place in range(1, each):
                tell(f"tunnel {place + 1} of environment {number}")
                client = await open_.enter_async_context(dialled(node, introduction(token, number, f"t{place}")))
                if client.told.get("tunnel-status") != "ok":
                    raise Failed(f"a tunnel was refused: {client.told}")
        # What telling of all of them takes the first time is a part of what they take.
        reported = partial(_reports, node, each * len(tokens))
        await asyncio.to_thread(wait_until, reported, "a report of all tunnels")
        opened = node.resident_bytes()
        tell("watching them idle")
        await asyncio.sleep(scale.idle_seconds)
        later = node.resident_bytes()
    count = each * len(tokens)
    return [
        figure(("tunnel.idle.each", _IDLE, f"memory for each of {count}", "KiB"), [(opened - before) / count / 1024]),
        figure(
            ("tunnel.idle.growth", _IDLE, f"growth in {scale.idle_seconds:g} s, a PING each second", "MiB"),
            [max(0.0, (later - opened) / 2**20)],
            target=_FLAT,
        ),
    ]


def _reports(node: RelayNode, count: int) -> bool:
    return len(node.plane.tunnels.get("items", [])) == count


def _command(pid: int) -> list[str]:
    return [one for one in Path(f"/proc/{pid}/cmdline").read_text().split("\0") if one]

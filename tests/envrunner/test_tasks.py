"""The converge task: by itself, twice, late, and with each other side dead."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from envrunner.client import InternalClient
from envrunner.reporting import Reporter
from envrunner.tasks import Converger
from envrunner.wire import Desired, EngineState
from tests.envrunner.control_plane import ControlPlane
from tests.envrunner.nodes import Node
from tests.envrunner.specs import spec


@dataclass
class Runner:
    """The task with real clients, and whether it asked for a sync."""

    converge: Converger
    put_off: threading.Event


@pytest.fixture
def runner(node: Node) -> Iterator[Runner]:
    with contextlib.closing(InternalClient(node.settings.internal_url, node.settings.credential_file)) as internal:
        put_off = threading.Event()
        yield Runner(Converger(internal, node.client, Reporter(internal, node.client), put_off.set), put_off)


def test_pull_start_report(node: Node, control_plane: ControlPlane, runner: Runner) -> None:
    control_plane.put(spec())
    runner.converge(spec().environment_id)
    assert control_plane.reported(spec()) == [(1, "READY")]
    assert set(control_plane.reports[0]) == {"environmentId", "generation", "state", "reason", "engineVersion"}
    assert len(node.engines_running(spec())) == 1


def test_twice_at_once_and_again(node: Node, control_plane: ControlPlane, runner: Runner) -> None:
    control_plane.put(spec())
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(runner.converge, [spec().environment_id] * 8))
    runner.converge(spec().environment_id)
    assert control_plane.reported(spec()) == [(1, "READY")]
    assert len(node.engines_running(spec())) == 1


def test_a_failure_is_reported_with_its_reason(control_plane: ControlPlane, runner: Runner) -> None:
    control_plane.put(spec(engine_version="0.0.1"))
    runner.converge(spec().environment_id)
    assert control_plane.reported(spec()) == [(1, "FAILED")]
    assert control_plane.reports[0]["reason"].startswith("engine version 0.0.1 is not installed")


def test_an_older_spec_than_the_agents_changes_nothing(node: Node, control_plane: ControlPlane, runner: Runner) -> None:
    newer = node.settle(spec(generation=2))
    control_plane.put(spec(generation=1, desired=Desired.ABSENT))
    runner.converge(spec().environment_id)
    assert control_plane.reports == []
    assert node.engines_running(spec()) == [newer.pid]


def test_another_runners_environment(node: Node, control_plane: ControlPlane, runner: Runner) -> None:
    runner.converge(spec().environment_id)
    assert node.client.states() == []
    assert not runner.put_off.is_set()


def test_a_dead_control_plane_puts_it_off(node: Node, runner: Runner) -> None:
    runner.converge(spec().environment_id)
    assert runner.put_off.is_set()
    assert node.client.states() == []


def test_a_dead_agent_puts_it_off(node: Node, control_plane: ControlPlane, runner: Runner) -> None:
    control_plane.put(spec())
    node.kill_agent()
    runner.converge(spec().environment_id)
    assert runner.put_off.is_set()
    assert control_plane.reports == []
    node.start_agent()
    runner.converge(spec().environment_id)
    assert control_plane.reported(spec()) == [(1, "READY")]


def test_a_control_plane_that_dies_before_the_report(node: Node, control_plane: ControlPlane, runner: Runner) -> None:
    control_plane.put(spec())
    node.client.put(spec())
    node.wait_for(spec(), EngineState.READY)
    control_plane.stop()
    runner.converge(spec().environment_id)
    assert runner.put_off.is_set()
    control_plane.start()
    runner.converge(spec().environment_id)
    assert control_plane.reported(spec()) == [(1, "READY")]


def test_a_rotated_credential_is_read_again(node: Node, control_plane: ControlPlane, runner: Runner) -> None:
    control_plane.put(spec(desired=Desired.ABSENT))
    control_plane.credential = "rc_new"
    runner.converge(spec().environment_id)
    assert runner.put_off.is_set()
    node.settings.credential_file.write_text("rc_new\n")
    runner.converge(spec().environment_id)
    assert control_plane.reported(spec()) == [(1, "ABSENT")]


def test_a_missing_credential_puts_it_off(node: Node, control_plane: ControlPlane, runner: Runner) -> None:
    node.settings.credential_file.unlink()
    runner.converge(spec().environment_id)
    assert runner.put_off.is_set()

"""One engine from its first spec to its last, through the real agent and the real engine."""

from __future__ import annotations

import os
import signal

import pytest

from envrunner.agent_client import StaleGenerationError
from envrunner.wire import Desired, EngineState
from tests.envrunner.nodes import Node, gone
from tests.envrunner.specs import spec
from tests.envrunner.waiting import until

COUNT = "select count(*) as n from sys_service"


def test_put_ready_query(shared_node: Node) -> None:
    one = spec(10)
    state = shared_node.settle(one)
    assert state.pid is not None
    assert (state.restarts, state.reason, state.engine_version) == (0, None, "1.7.12")
    assert shared_node.engines_running(one) == [state.pid]
    assert shared_node.query(one, COUNT) == [{"n": 0}]


def test_a_killed_engine_comes_back_with_its_data(shared_node: Node) -> None:
    one = spec(11)
    first = shared_node.settle(one)
    marker = shared_node.directory(one) / "engine" / "db" / "marker"
    marker.write_text("kept")
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: shared_node.client.settled(one.environment_id, 1).restarts == 1)
    second = shared_node.wait_for(one, EngineState.READY)
    assert second.pid != first.pid
    assert second.since > first.since
    assert shared_node.query(one, COUNT) == [{"n": 0}]
    assert marker.read_text() == "kept"
    assert shared_node.engines_running(one) == [second.pid]


def test_the_same_spec_again_changes_nothing(shared_node: Node) -> None:
    first = shared_node.settle(spec(12))
    assert shared_node.settle(spec(12)) == first


def test_a_new_generation_restarts_only_for_a_new_configuration(shared_node: Node) -> None:
    first = shared_node.settle(spec(13))
    same = shared_node.settle(spec(13, generation=2))
    assert (same.pid, same.since) == (first.pid, first.since)
    moved = spec(13, generation=3, ingress_url="http://127.0.0.1:8200")
    other = shared_node.settle(moved)
    assert other.pid != first.pid
    assert other.restarts == 0
    assert shared_node.engines_running(moved) == [other.pid]


def test_a_stale_generation_is_refused(shared_node: Node) -> None:
    shared_node.settle(spec(14, generation=5))
    with pytest.raises(StaleGenerationError):
        shared_node.client.put(spec(14, generation=4, desired=Desired.ABSENT))
    assert shared_node.client.settled(spec(14).environment_id, 1).generation == 5


def test_stopping_keeps_data_and_running_again_finds_it(shared_node: Node) -> None:
    one = spec(15)
    shared_node.settle(one)
    marker = shared_node.directory(one) / "engine" / "db" / "marker"
    marker.write_text("kept")
    stopped = shared_node.settle(spec(15, generation=2, desired=Desired.STOPPED), EngineState.STOPPED)
    assert stopped.pid is None
    assert shared_node.engines_running(one) == []
    assert not shared_node.socket(one, "a").exists()
    shared_node.settle(spec(15, generation=3))
    assert marker.read_text() == "kept"
    assert shared_node.query(one, COUNT) == [{"n": 0}]


def test_absent_leaves_nothing_and_cannot_be_undone(shared_node: Node) -> None:
    one = spec(16, generation=7)
    running = shared_node.settle(one)
    shared_node.settle(spec(16, generation=8, desired=Desired.ABSENT), EngineState.ABSENT)
    assert gone(running.pid)
    # What it counted in its last hour is told yet: numbers, and nothing of its tenant's.
    kept = {shared_node.settings.state_dir / name / f"{one.label}.json" for name in ("specs", "usage")}
    assert set(shared_node.home.rglob(f"*{one.label}*")) <= kept
    tombstone = (shared_node.settings.state_dir / "specs" / f"{one.label}.json").read_text()
    assert "PRIVATE KEY" not in tombstone
    for generation in (7, 8):
        with pytest.raises(StaleGenerationError):
            shared_node.client.put(spec(16, generation=generation))


def test_an_environment_that_was_never_here_can_be_absent(shared_node: Node) -> None:
    shared_node.settle(spec(17, desired=Desired.ABSENT), EngineState.ABSENT)


def test_a_signing_key_the_engine_refuses(shared_node: Node) -> None:
    state = shared_node.settle(spec(18, pem="no key at all"), EngineState.FAILED)
    assert "Failed to read request identity private key" in str(state.reason)
    # It goes on trying, and a good spec mends it at once.
    until(lambda: shared_node.client.settled(spec(18).environment_id, 1).restarts >= 3)
    assert shared_node.client.settled(spec(18).environment_id, 1).state is EngineState.FAILED
    assert shared_node.settle(spec(18, generation=2)).reason is None


def test_a_reason_tells_no_directory_of_the_host(shared_node: Node) -> None:
    spoilt = spec(22)
    shared_node.directory(spoilt).write_text("in the way")
    state = shared_node.settle(spoilt, EngineState.FAILED)
    assert f"'<node>/{spoilt.label}" in str(state.reason)


def test_a_version_that_is_not_installed(shared_node: Node) -> None:
    state = shared_node.settle(spec(19, engine_version="0.0.1"), EngineState.FAILED)
    assert state.reason == "engine version 0.0.1 is not installed on this runner (available: 1.7.12)"


def test_a_version_that_is_not_installed_leaves_the_running_engine_alone(shared_node: Node) -> None:
    running = shared_node.settle(spec(20))
    state = shared_node.settle(spec(20, generation=2, engine_version="0.0.1"), EngineState.FAILED)
    assert state.pid == running.pid
    assert shared_node.query(spec(20), COUNT) == [{"n": 0}]


def test_a_spec_without_a_key_is_not_run(shared_node: Node) -> None:
    keyless = spec(21).model_copy(update={"signing_key_pem": None})
    state = shared_node.settle(keyless, EngineState.FAILED)
    assert state.reason == "the spec has no signing key"
    assert shared_node.engines_running(keyless) == []

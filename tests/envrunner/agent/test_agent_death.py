"""The agent is killed; engines do not notice, and the next agent takes them up."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable

import pytest

from envrunner.wire import Desired, EngineState
from tests.envrunner.nodes import Node, gone
from tests.envrunner.specs import spec
from tests.envrunner.waiting import until

ONE = "select 1 as a"


def test_engines_survive_and_are_adopted(node: Node) -> None:
    specs = [spec(1), spec(2)]
    before = [node.settle(one).pid for one in specs]
    node.kill_agent()
    assert [node.engines_running(one) for one in specs] == [[pid] for pid in before]
    assert node.query(specs[0], ONE) == [{"a": 1}]
    node.start_agent()
    assert [node.wait_for(one, EngineState.READY).pid for one in specs] == before
    assert [node.engines_running(one) for one in specs] == [[pid] for pid in before]


def test_an_engine_whose_executable_was_removed_meanwhile_goes_on(node: Node) -> None:
    pid = node.settle(spec()).pid
    node.kill_agent()
    (node.home / "nothing").mkdir()
    node.settings = node.settings.model_copy(update={"engine_binaries": node.home / "nothing"})
    node.start_agent()
    until(lambda: node.client.settled(spec().environment_id, 10).settled)
    state = node.client.settled(spec().environment_id, 10)
    assert (state.state, state.pid) == (EngineState.READY, pid)


def test_an_engine_that_died_meanwhile_is_started_again(node: Node) -> None:
    pid = node.settle(spec()).pid
    node.kill_agent()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    node.start_agent()
    assert node.wait_for(spec(), EngineState.READY).pid != pid
    assert len(node.engines_running(spec())) == 1


def test_an_adopted_engine_that_dies_gets_new_sockets(node: Node) -> None:
    node.settle(spec())
    node.kill_agent()
    node.start_agent()
    pid = node.wait_for(spec(), EngineState.READY).pid
    assert pid is not None
    inode = node.socket(spec(), "i").stat().st_ino
    os.kill(pid, signal.SIGKILL)
    until(lambda: node.client.settled(spec().environment_id, 1).restarts == 1)
    node.wait_for(spec(), EngineState.READY)
    assert node.socket(spec(), "i").stat().st_ino != inode
    assert node.query(spec(), ONE) == [{"a": 1}]


def test_an_adopted_engine_is_stopped_and_changed_like_any_other(node: Node) -> None:
    first = node.settle(spec())
    node.kill_agent()
    node.start_agent()
    same = node.settle(spec(generation=2))
    assert same.pid == first.pid
    changed = node.settle(spec(generation=3, ingress_url="http://127.0.0.1:8300"))
    assert changed.pid != first.pid
    node.kill_agent()
    node.start_agent()
    node.settle(spec(generation=4, desired=Desired.ABSENT), EngineState.ABSENT)
    assert gone(first.pid)
    assert not node.directory(spec()).exists()


def test_ending_the_agent_in_order_leaves_engines_too(node: Node) -> None:
    pid = node.settle(spec()).pid
    node.kill_agent(signal.SIGTERM)
    assert node.engines_running(spec()) == [pid]


def test_stop_engines_stops_all_and_the_next_agent_starts_them(node: Node) -> None:
    pids = [node.settle(spec(number)).pid for number in (1, 2)]
    assert node.start("stop-engines").wait(30) == 1
    assert "stop it first" in (node.home / "stop-engines.log").read_text()
    node.kill_agent(signal.SIGTERM)
    assert node.start("stop-engines").wait(30) == 0
    assert all(gone(pid) for pid in pids)
    node.start_agent()
    for number in (1, 2):
        node.wait_for(spec(number), EngineState.READY)


def test_a_second_agent_refuses_to_serve(node: Node) -> None:
    pid = node.settle(spec()).pid
    assert node.start("agent").wait(30) == 1
    assert "another agent serves" in (node.home / "agent.log").read_text()
    assert node.settle(spec()).pid == pid


def test_a_tombstone_outlives_the_agent(node: Node) -> None:
    node.settle(spec(generation=4))
    node.settle(spec(generation=5, desired=Desired.ABSENT), EngineState.ABSENT)
    node.kill_agent()
    node.start_agent()
    answer = node.http.put(f"/engines/{spec().environment_id}", content=spec(generation=4).to_json())
    assert (answer.status_code, answer.json()["code"]) == (409, "stale_generation")
    assert node.engines_running(spec()) == []


MOMENTS: dict[str, Callable[[Node], object]] = {
    "the PUT was answered": lambda node: True,
    "the directory is there": lambda node: node.directory(spec()).exists(),
    "the identity is there": lambda node: (node.directory(spec()) / "identity.pem").exists(),
    "the sockets are there": lambda node: node.socket(spec(), "a").exists(),
    "the lock is there": lambda node: (node.settings.state_dir / "keep" / f"{spec().label}.lock").exists(),
    "the process is there": lambda node: node.engines_running(spec()),
    "the process is recorded": lambda node: (node.settings.state_dir / "keep" / f"{spec().label}.json").exists(),
    "the engine has made its directory": lambda node: (node.directory(spec()) / "engine").exists(),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_moment_of_a_creation(node: Node, moment: str) -> None:
    """The spec is on the disk before the PUT is answered, so the next agent finishes the work, once."""
    node.client.put(spec())
    until(lambda: MOMENTS[moment](node), pause_seconds=0)
    node.kill_agent()
    node.start_agent()
    state = node.wait_for(spec(), EngineState.READY)
    assert node.engines_running(spec()) == [state.pid]
    assert node.query(spec(), ONE) == [{"a": 1}]


def test_killed_while_destroying(node: Node) -> None:
    node.settle(spec())
    node.client.put(spec(generation=2, desired=Desired.ABSENT))
    node.kill_agent()
    node.start_agent()
    node.wait_for(spec(), EngineState.ABSENT)
    assert not node.directory(spec()).exists()
    assert node.engines_running(spec()) == []


def test_a_request_sent_before_the_engine_is_up_is_served(node: Node) -> None:
    pid = node.settle(spec()).pid
    assert pid is not None
    # Frozen first, so that the request below certainly reaches no living engine.
    os.kill(pid, signal.SIGSTOP)
    with socket.socket(socket.AF_UNIX) as client:
        os.kill(pid, signal.SIGKILL)
        client.settimeout(20)
        client.connect(str(node.socket(spec(), "i")))
        client.sendall(b"GET /restate/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200")

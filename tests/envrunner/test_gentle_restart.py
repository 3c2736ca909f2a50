"""A restart that somebody wants loses no call: real edge, real agent, real engine, a real service under steady load."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from envrunner.agent_client import AgentClient
from envrunner.client import Unreachable
from envrunner.keep import stop_all
from envrunner.wire import Desired, EngineState, Spec, State
from tests.envrunner.edge.stack import Stack, label
from tests.envrunner.nodes import gone
from tests.envrunner.specs import spec
from tests.envrunner.waiting import until
from tests.support import binaries, services
from tests.support.load import Load

UNDER_WAY = "select id from sys_invocation where status <> 'completed'"


@dataclass
class Host:
    """Edge and agent on one run directory; environment 1 runs a real engine."""

    stack: Stack
    agent: AgentClient
    token: str

    def settle(self, wanted: Spec) -> State:
        self.agent.put(wanted)
        state = self.agent.settled(wanted.environment_id, 40)
        assert (state.state, state.generation) == (EngineState.READY, wanted.generation), state
        return state

    def state(self) -> State | None:
        """As the agent sees it, if it answers already."""
        with contextlib.suppress(Unreachable):
            return self.agent.settled(spec(1).environment_id, 1)
        return None

    def is_ready(self, generation: int) -> bool:
        state = self.state()
        return state is not None and (state.state, state.generation) == (EngineState.READY, generation)

    def admin(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """At the engine itself."""
        transport = httpx2.HTTPTransport(uds=str(self.stack.run / "e" / label(1) / "a.sock"))
        with httpx2.Client(transport=transport, base_url="http://engine", timeout=30) as client:
            return client.request(method, path, headers={"accept": "application/json"}, **request)

    @contextlib.contextmanager
    def serves(self, directory: Path) -> Iterator[services.Service]:
        """A slow service that the engine knows."""
        with services.slow(directory, []) as service:
            answer = self.admin("POST", "/deployments", json={"uri": service.url})
            assert answer.status_code == 201, answer.text
            yield service

    def begin(self, service: services.Service, milliseconds: int) -> None:
        """A call through the edge whose attempt is under way then; nobody waits for its answer."""
        headers = {"authorization": f"Bearer {self.token}"}
        answer = httpx2.post(f"{self.ingress}/slow/wait/send", json=milliseconds, headers=headers)
        assert answer.status_code == 202, answer.text
        until(lambda: service.effects("began"))

    def has_no_work(self) -> bool:
        answer = self.admin("POST", "/query", json={"query": UNDER_WAY}).json()
        return bool(answer == {"rows": []})

    @property
    def ingress(self) -> str:
        return f"http://127.0.0.1:{self.stack.ports_from + 2}"


@pytest.fixture
def drain_seconds() -> float:
    return 5.0


@pytest.fixture
def start_seconds() -> float:
    return 60.0


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, drain_seconds: float, start_seconds: float) -> Iterator[Host]:
    stack = Stack()
    for name, value in binaries.plane_settings(stack.home / "binaries").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ENVRUNNER_ENGINE_DRAIN_SECONDS", str(drain_seconds))
    monkeypatch.setenv("ENVRUNNER_ENGINE_START_SECONDS", str(start_seconds))
    try:
        stack.add_environment(1, engine=False)
        token = stack.add_key(1, "full")
        stack.start()
        stack.start_process("agent")
        agent = AgentClient(stack.run / "agent.sock")
        until((stack.run / "agent.sock").exists)
        yield Host(stack, agent, token)
    finally:
        stack.kill("agent")
        stop_all(stack.home / "agent" / "keep")
        stack.stop()


def another(generation: int) -> Spec:
    """One for which the engine must be restarted."""
    return spec(1, generation, ingress_url=f"http://127.0.0.1:{8100 + generation}")


def test_no_call_is_lost_on_a_kept_connection(host: Host, tmp_path: Path) -> None:
    host.settle(spec(1))
    with host.serves(tmp_path) as service:
        calls = [lambda http: http.post("/slow/wait", json=0)] * 8 + [lambda http: http.post("/slow/wait", json=150)]
        pids = set()
        with Load(host.ingress, host.token, calls) as load:
            for generation in range(2, 10):
                pids.add(host.settle(another(generation)).pid)
                load.wait_for_more(20)
        assert load.wrong == {}, host.stack.logs()
        assert len(pids) == 8
        assert not again(service)


@pytest.mark.parametrize("drain_seconds", [60.0])
def test_attempts_that_nobody_waits_for_may_end(host: Host, tmp_path: Path) -> None:
    host.settle(spec(1))
    with host.serves(tmp_path) as service:
        host.begin(service, 1500)
        host.settle(another(2))
        assert len(service.effects()) == 1
        assert host.has_no_work()


@pytest.mark.parametrize("drain_seconds", [0.1])
def test_what_takes_too_long_is_taken_up_again(host: Host, tmp_path: Path) -> None:
    host.settle(spec(1))
    with host.serves(tmp_path) as service:
        host.begin(service, 4000)
        host.settle(another(2))
        until(lambda: again(service))
        until(host.has_no_work)


@pytest.mark.parametrize("drain_seconds", [300.0])
def test_calls_wait_while_the_engine_is_away_and_a_stop_ends_the_waiting(host: Host, tmp_path: Path) -> None:
    host.settle(spec(1))
    with host.serves(tmp_path) as service:
        host.begin(service, 300_000)
        host.agent.put(another(2))
        until((host.stack.run / "e" / label(1) / "a.sock.old").exists)
        # Nobody shall wait for minutes of work before an environment is deleted.
        host.agent.put(spec(1, 3, Desired.STOPPED))
        state = host.agent.settled(spec(1).environment_id, 50)
        assert (state.state, state.generation) == (EngineState.STOPPED, 3)


@pytest.mark.parametrize("drain_seconds", [60.0])
def test_a_gentle_stop_lets_attempts_end_and_another_mind_keeps_the_engine(host: Host, tmp_path: Path) -> None:
    pid = host.settle(spec(1)).pid
    paused = [spec(1, generation, Desired.STOPPED, gently=True) for generation in (2, 4)]
    with host.serves(tmp_path) as service:
        host.begin(service, 3000)
        host.agent.put(paused[0])
        assert host.settle(spec(1, 3)).pid == pid
        host.agent.put(paused[1])
        state = host.agent.settled(paused[1].environment_id, 60)
        assert (state.state, state.generation, state.pid) == (EngineState.STOPPED, 4, None)
        assert host.settle(spec(1, 5)).pid != pid
        until(host.has_no_work)
        assert len(service.effects()) == 1
        assert not again(service)


def test_another_version_takes_over_and_one_that_does_not_start_gives_way(host: Host, tmp_path: Path) -> None:
    """Steady load all the time: callers notice neither."""
    host.settle(spec(1))
    with host.serves(tmp_path):
        with Load(host.ingress, host.token, [lambda http: http.post("/slow/wait", json=0)] * 4) as load:
            host.settle(spec(1, 2, engine_version=binaries.WORKING))
            load.wait_for_more(20)
            host.agent.put(spec(1, 3, engine_version=binaries.BROKEN))
            failed = host.agent.settled(spec(1).environment_id, 60)
            assert (failed.state, failed.generation) == (EngineState.FAILED, 3)
            assert "exit status 1" in (failed.reason or "")
            host.settle(spec(1, 4, engine_version=binaries.WORKING))
            load.wait_for_more(20)
        assert load.wrong == {}, host.stack.logs()


@pytest.mark.parametrize("start_seconds", [1.5])
def test_a_version_that_starts_and_never_answers_gives_way_and_calls_wait(host: Host, tmp_path: Path) -> None:
    """With so little patience the engine itself may count as failed for a moment."""
    binaries.add_hanging(host.stack.home / "binaries")
    host.agent.put(spec(1))
    until(lambda: host.is_ready(1))
    with host.serves(tmp_path):
        with Load(host.ingress, host.token, [lambda http: http.post("/slow/wait", json=0)] * 4) as load:
            load.wait_for_more(20)
            host.agent.put(spec(1, 2, engine_version=binaries.HANGING))
            failed = host.agent.settled(spec(1).environment_id, 40)
            assert (failed.state, failed.generation) == (EngineState.FAILED, 2)
            assert failed.reason is not None
            assert failed.reason.startswith("the engine has started, but answered no query within 1.5 s")
            assert "environment's logs" in failed.reason
            hanging = failed.pid
            assert hanging is not None
            assert not gone(hanging)
            host.agent.put(spec(1, 3))
            until(lambda: host.is_ready(3))
            assert gone(hanging)
            load.wait_for_more(20)
        assert load.wrong == {}, host.stack.logs()


def test_an_agent_that_dies_while_it_stops_an_engine_leaves_the_next_one_to_do_it(host: Host, tmp_path: Path) -> None:
    host.settle(spec(1))
    with host.serves(tmp_path) as service:
        host.begin(service, 60_000)
        host.agent.put(spec(1, 2, Desired.STOPPED, gently=True))
        for _ in range(2):
            host.stack.kill("agent")
            host.stack.start_process("agent")
            until((host.stack.run / "agent.sock").exists)
            state = until(lambda: told if (told := host.state()) and told.settled else None)
            assert (state.state, state.generation, state.pid) == (EngineState.STOPPED, 2, None)
        assert host.settle(spec(1, 3)).state is EngineState.READY


def again(service: services.Service) -> set[str]:
    """What was begun more than once: the attempt before was cut."""
    return {line for line, times in Counter(service.effects()).items() if times > 1}

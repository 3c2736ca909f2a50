"""A restart that somebody wants loses no call: real edge, real agent, real engine, a real service under steady load."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from envrunner.agent_client import AgentClient
from envrunner.keep import stop_all
from envrunner.wire import EngineState, Spec, State
from tests.envrunner.edge.stack import REPOSITORY, Stack, label
from tests.envrunner.specs import spec
from tests.envrunner.waiting import until
from tests.support import services
from tests.support.load import Load


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

    def admin(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """At the engine itself."""
        transport = httpx2.HTTPTransport(uds=str(self.stack.run / "e" / label(1) / "a.sock"))
        with httpx2.Client(transport=transport, base_url="http://engine", timeout=30) as client:
            return client.request(method, path, headers={"accept": "application/json"}, **request)

    @property
    def ingress(self) -> str:
        return f"http://127.0.0.1:{self.stack.ports_from + 2}"


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    stack = Stack()
    monkeypatch.setenv("ENVRUNNER_ENGINE_BINARIES", str(REPOSITORY))
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


def test_no_call_is_lost_and_no_attempt_cut(host: Host, tmp_path: Path) -> None:
    first = host.settle(spec(1))
    with services.slow(tmp_path, []) as service:
        assert host.admin("POST", "/deployments", json={"uri": service.url}).status_code == 201
        calls = [lambda http, ms=ms: http.post("/slow/wait", json=ms) for ms in (0, 0, 1, 5, 20, 400)]
        sends = [lambda http: http.post("/slow/wait/send", json=30)]
        with Load(host.ingress, host.token, calls + sends) as load:
            for generation in range(2, 7):
                moved = spec(1, generation, ingress_url=f"http://127.0.0.1:{8100 + generation}")
                assert host.settle(moved).pid != first.pid
                load.wait_for_more()
        assert load.wrong == {}, host.stack.logs()
        until(lambda: host.admin("POST", "/query", json={"query": UNDER_WAY}).json()["rows"] == [])
        effects = service.effects()
        assert "cut" not in effects
        assert set(effects) == {"began", "answered 200"}


UNDER_WAY = "select id from sys_invocation where status <> 'completed'"

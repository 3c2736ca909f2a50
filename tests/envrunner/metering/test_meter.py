"""What a real engine does is counted once, whatever is killed; and an engine that hangs holds up nobody."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator

import pytest

from envrunner.wire import Desired, EngineState, Usage
from tests.envrunner import nodes
from tests.envrunner.engines import Engine
from tests.envrunner.nodes import Node
from tests.envrunner.specs import spec
from tests.support import services
from tests.support.services import Service
from tests.support.waiting import until

INTERVAL = 0.2


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with nodes.node(usage_seconds=INTERVAL, egress_rules=False) as made:
        yield made


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with services.typescript(tmp_path_factory.mktemp("typescript"), []) as running:
        yield running


class Metered(Engine):
    """With the examples registered."""

    def calls(self, number: int) -> None:
        """Returns when all are answered."""
        for _ in range(number):
            self.invoke("/greeter/Ada/greet", "Hello")

    @property
    def told(self) -> list[Usage]:
        """Its minutes as they are told now, each as it was told last."""
        return told(self.node, self.spec.environment_id)

    def counts(self, requests: int) -> None:
        """Returns when so many are counted; fails at once when it is more."""

        def counted() -> bool:
            total = sum(one.requests for one in self.told)
            assert total <= requests
            return total == requests

        until(counted)

    def read_again(self) -> None:
        """Returns when it was read at least once more."""
        before = sum(one.engine_seconds for one in self.told)
        until(lambda: sum(one.engine_seconds for one in self.told) > before)

    @property
    def pid(self) -> int:
        pid = self.node.client.settled(self.spec.environment_id, 30).pid
        assert pid is not None
        return pid


def invocations(minute: Usage) -> tuple[int, int]:
    """Begun and completed."""
    return minute.invocations, minute.completed_invocations


def told(node: Node, environment_id: str) -> list[Usage]:
    found, revision = {}, 0
    while (news := node.client.usage(revision)).items:
        found.update({one.minute: one for one in news.items if one.environment_id == environment_id})
        revision = news.revision
    return list(found.values())


def metered(node: Node, service: Service, number: int) -> Metered:
    engine = Metered(node, spec(number))
    node.settle(engine.spec)
    engine.admin("POST", "/deployments", {"uri": service.url})
    return engine


def test_what_an_engine_does_is_counted(node: Node, service: Service) -> None:
    engine = metered(node, service, 201)
    engine.calls(5)
    assert engine.ask("i", "POST", "/nosuch/greet", "Hello").status_code == 404
    assert engine.ask("i", "GET", "/restate/health").status_code == 200
    engine.counts(5)
    # Of the last call a reading may tell the answer and not yet the rest.
    until(lambda: [sum(made) for made in zip(*map(invocations, engine.told), strict=True)] == [5, 5])
    figures = [one for one in engine.told if one.requests]
    assert sum(one.errors + one.failed_attempts for one in figures) == 0
    assert all(one.p50_ms and one.p99_ms and 0 < one.p50_ms <= one.p99_ms < 60_000 for one in figures)
    # Of the first minute there may have been no reading but the one that was taken in the next.
    assert max(engine.told, key=lambda one: one.minute).storage_bytes
    until(lambda: sum(one.engine_seconds for one in engine.told) >= 1)


def test_a_killed_agent_loses_nothing_and_counts_nothing_twice(node: Node, service: Service) -> None:
    engine = metered(node, service, 202)
    total = 0
    for number in (3, 4):
        engine.calls(number)
        # In the middle of a reading or between two.
        node.kill_agent()
        engine.calls(2)
        node.start_agent()
        total += number + 2
    engine.counts(total)
    engine.read_again()
    engine.counts(total)


def test_a_restart_and_a_stop_by_us_lose_nothing(node: Node, service: Service) -> None:
    engine = metered(node, service, 203)
    engine.calls(7)
    again = spec(203, generation=2).model_copy(update={"request_size_limit_bytes": 1_000_000})
    node.settle(again)
    engine.calls(4)
    node.settle(spec(203, generation=3, desired=Desired.STOPPED), EngineState.STOPPED)
    engine.counts(11)
    node.settle(spec(203, generation=4))
    engine.calls(1)
    engine.counts(12)


def test_a_killed_engine_loses_only_what_was_not_read(node: Node, service: Service) -> None:
    engine = metered(node, service, 204)
    engine.calls(6)
    engine.counts(6)
    before = node.client.settled(engine.spec.environment_id, 30)
    os.kill(engine.pid, signal.SIGKILL)
    until(lambda: node.client.settled(engine.spec.environment_id, 1).restarts > before.restarts)
    node.wait_for(engine.spec, EngineState.READY)
    engine.sql("select 1")
    engine.calls(2)
    engine.counts(8)


def test_an_engine_that_hangs_holds_up_nobody_and_is_read_when_it_is_back(node: Node, service: Service) -> None:
    hanging, other = metered(node, service, 205), metered(node, service, 206)
    hanging.calls(3)
    hanging.counts(3)
    os.kill(hanging.pid, signal.SIGSTOP)
    try:
        other.calls(2)
        other.counts(2)
    finally:
        os.kill(hanging.pid, signal.SIGCONT)
    hanging.calls(1)
    hanging.counts(4)


def test_nothing_is_taken_from_another_tenant_s_engine(node: Node, service: Service) -> None:
    victim, thief = metered(node, service, 207), metered(node, service, 208)
    victim.calls(5)
    victim.counts(5)
    theirs, own = (node.directory(one.spec) / "engine" / "fabric.sock" for one in (victim, thief))
    own.unlink()
    own.symlink_to(theirs)
    until(lambda: refused(node, thief))
    assert sum(one.requests for one in thief.told) == 0


def test_nothing_is_taken_from_a_stranger_who_listens(node: Node, service: Service) -> None:
    engine = metered(node, service, 209)
    own = node.directory(engine.spec) / "engine" / "fabric.sock"
    own.unlink()
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.bind(str(own))
        stranger.listen()
        until(lambda: refused(node, engine))
    engine.calls(1)
    assert sum(one.requests for one in engine.told) == 0


def refused(node: Node, engine: Engine) -> bool:
    """Whether somebody else than the engine was found at its socket."""
    lines = [one for one in node.logged("agent") if one.get("label") == engine.spec.label]
    return any("listens, not the engine" in str(one.get("error")) for one in lines)


def test_an_environment_s_minutes_are_forgotten_an_hour_after_it(node: Node, service: Service) -> None:
    engine = metered(node, service, 210)
    engine.calls(1)
    engine.counts(1)
    file = node.settings.usage_dir / f"{engine.spec.label}.json"
    node.settle(spec(210, generation=2, desired=Desired.ABSENT), EngineState.ABSENT)
    engine.counts(1)
    node.kill_agent()
    content = json.loads(file.read_text())
    content["minutes"] = {str(int(number) - 61): one for number, one in content["minutes"].items()}
    file.write_text(json.dumps(content))
    node.start_agent()
    until(lambda: not file.exists())
    assert engine.told == []


def test_a_file_that_is_damaged_is_begun_anew(node: Node, service: Service) -> None:
    engine = metered(node, service, 211)
    node.kill_agent()
    (node.settings.usage_dir / f"{engine.spec.label}.json").write_text('{"minutes": {"x"')
    node.start_agent()
    engine.calls(2)
    engine.counts(2)

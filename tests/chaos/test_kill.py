"""`kill -9` of any process: calls go on, nothing is lost or done twice, and everything comes back."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from embedded.layout import locate
from embedded.surroundings import for_processes
from tests.chaos.killing import CONTROL_PLANE, NODE, alive, kill, wait_healed
from tests.chaos.workload import Workload
from tests.support import machine, services
from tests.support.cast import CHECKOUT
from tests.support.plane import Plane
from tests.support.tenants import Caller, Person, create_environment, sign_up
from tests.support.waiting import until

pytestmark = pytest.mark.system


@dataclass(frozen=True)
class Scene:
    """An environment in use."""

    plane: Plane
    caller: Caller
    typescript: services.Service
    workload: Workload

    @property
    def owner(self) -> Person:
        return self.caller.environment.owner

    def engines(self) -> list[int]:
        return machine.engines(self.plane.home, self.caller.environment.label)


@pytest.fixture(scope="module")
def scene(lonely_plane: Plane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    environment = create_environment(sign_up(lonely_plane.api_url))
    caller = environment.using(environment.api_key())
    keys = [environment.signing_public_key]
    python = services.python(tmp_path_factory.mktemp("python"), keys).start()
    typescript = services.typescript(tmp_path_factory.mktemp("typescript"), keys).start()
    for service in (python, typescript):
        until(lambda url=service.url: caller.register(url).status_code == 201)  # type: ignore[misc]
    workload = Workload(caller, lonely_plane.home).start()
    yield Scene(lonely_plane, caller, typescript, workload)
    workload.stop()
    python.stop()
    typescript.stop()


@pytest.mark.parametrize("name", [*NODE, *CONTROL_PLANE])
def test_one_process_is_killed(name: str, scene: Scene) -> None:
    before, engines = scene.plane.pids, scene.engines()

    kill(scene.plane, name)

    scene.workload.wait_for_more()
    wait_healed(scene.plane, before, name)
    until(lambda: _answers(f"{scene.plane.api_url}/readyz"))
    assert scene.engines() == engines
    assert len(engines) == 1
    scene.workload.wait_for_more()


def test_nginx_loses_a_worker(scene: Scene) -> None:
    """Its master starts another; the other workers, and calls through them, do not notice."""
    before = scene.plane.pids
    children = Path(f"/proc/{before['edge']}/task/{before['edge']}/children")
    workers = [int(pid) for pid in children.read_text().split()]

    os.kill(workers[0], signal.SIGKILL)

    until(
        lambda: (
            len(children.read_text().split()) == len(workers)
            and workers[0] not in map(int, children.read_text().split())
        )
    )
    scene.workload.wait_for_more()
    assert scene.plane.pids == before


def test_the_engine_is_killed_in_the_middle_of_a_workflow(scene: Scene) -> None:
    """What was done stays done and is not done again; what remains is done once."""
    caller, word = scene.caller, "kill9"
    request = {"account": word, "amount": 5, "email": f"{word}@example.com"}
    invocation = caller.send(f"/payment/{word}/run/send", request)
    until(lambda: scene.typescript.effects(f"charge {word}"))
    (engine,) = scene.engines()

    os.kill(engine, signal.SIGKILL)

    until(lambda: scene.engines() not in ([], [engine]))
    until(lambda: caller.post(f"/payment/{word}/paymentWebhook", word, idempotency_key=word).status_code == 200)
    attached = until(lambda: _attached(caller, invocation), 60)
    assert attached.json() == "success"
    assert len(scene.typescript.effects(f"charge {word}")) == 1
    assert len(scene.typescript.effects(f"mail {word}")) == 1
    assert len(scene.engines()) == 1
    scene.workload.wait_for_more()


def _attached(caller: Caller, invocation: str) -> httpx2.Response | None:
    answer = caller.ingress("GET", f"/restate/invocation/{invocation}/attach")
    return answer if answer.status_code == 200 else None


def test_the_supervisor_is_killed_and_the_next_one_adopts(scene: Scene) -> None:
    before = scene.plane.pids

    kill(scene.plane, "supervisor")

    scene.workload.wait_for_more()
    assert all(alive(pid) for name, pid in before.items() if name != "supervisor")
    scene.plane.up()
    wait_healed(scene.plane, before, "supervisor")


def test_the_node_works_on_without_a_control_plane(scene: Scene) -> None:
    """Database, broker and control plane all gone and nobody there to start them: keys, members and engines work."""
    before = scene.plane.pids
    kill(scene.plane, "supervisor")
    for name in (*CONTROL_PLANE, "runner-worker"):
        kill(scene.plane, name)
    until(lambda: not _answers(f"{scene.plane.api_url}/healthz"))

    scene.workload.wait_for_more()
    assert scene.caller.sql("SELECT 1 AS one") == [{"one": 1}]
    member = scene.caller.environment.using(scene.owner.token)
    assert member.admin("GET", "/deployments").status_code == 200
    assert scene.caller.environment.using("nobody").admin("GET", "/deployments").status_code == 401

    (engine,) = scene.engines()
    os.kill(engine, signal.SIGKILL)
    until(lambda: scene.engines() not in ([], [engine]))
    scene.workload.wait_for_more()

    kill(scene.plane, "edge")
    edge = _edge_by_hand(scene.plane)
    scene.workload.wait_for_more()
    assert member.admin("GET", "/deployments").status_code == 200
    edge.terminate()
    edge.wait(30)

    scene.plane.up()

    wait_healed(scene.plane, before, "supervisor", "edge", "runner-worker", *CONTROL_PLANE)
    scene.workload.wait_for_more()
    assert scene.owner.call("GET", scene.caller.environment.path).json()["status"] == "ACTIVE"
    key = scene.caller.environment.api_key("admin")
    until(lambda: scene.caller.environment.using(key).admin("GET", "/version").status_code == 200)


def _edge_by_hand(plane: Plane) -> subprocess.Popen[bytes]:
    """As an operator would start it, in the surroundings of this plane; returns when nginx has taken over the ports."""
    layout = locate(plane.env)
    argv, env = [sys.executable, "-m", "envrunner", "edge"], for_processes(layout, plane.env)
    process = subprocess.Popen(argv, cwd=CHECKOUT, env=env, start_new_session=True)
    pid_file = layout.run / "edge" / "nginx.pid"
    until(lambda: process.poll() is None and pid_file.read_text().strip() == str(process.pid))
    return process


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=5).is_success
    except httpx2.TransportError:
        return False


@pytest.mark.parametrize("rebooted", [False, True])
def test_everything_is_killed_at_once(rebooted: bool, scene: Scene) -> None:
    """As when the machine runs out of memory, or loses its power and with that its runtime directories."""
    before = scene.plane.pids
    (engine,) = scene.engines()
    for pid in (before["supervisor"], *before.values(), engine):
        if alive(pid):
            os.kill(pid, signal.SIGKILL)
    until(lambda: not any(alive(pid) for pid in (*before.values(), engine)))
    if rebooted:
        shutil.rmtree(locate(scene.plane.env).run)

    scene.plane.up()

    wait_healed(scene.plane, before, *before)
    scene.workload.wait_for_more()
    assert len(scene.engines()) == 1


@pytest.mark.parametrize("name", ["edge-agent", "edge", "api", "postgres"])
def test_a_key_is_revoked_while_a_part_is_dead(name: str, scene: Scene) -> None:
    environment = scene.caller.environment
    made = environment.owner.created(f"{environment.path}/api-keys", description=name, role="admin")
    caller = environment.using(made["secret"])
    until(lambda: _status(caller) == 200)
    before = scene.plane.pids

    kill(scene.plane, name)

    own = f"{environment.path}/api-keys/{made['keyId']}"
    until(lambda: _revoked(environment.owner, own))
    until(lambda: _status(caller) == 401)
    wait_healed(scene.plane, before, name)
    assert _status(caller) == 401


def _status(caller: Caller) -> int:
    try:
        return caller.admin("GET", "/version").status_code
    except httpx2.TransportError:
        return 0


def _revoked(person: Person, path: str) -> bool:
    """404: an answer to an earlier attempt was lost."""
    try:
        return person.call("DELETE", path).status_code in (204, 404)
    except httpx2.TransportError:
        return False


def test_nothing_was_lost_and_nothing_done_twice(scene: Scene) -> None:
    """After all of the above, which the workload has lived through."""
    final = scene.workload.stop()

    answers = scene.workload.answers
    assert len(answers) > 50
    assert sorted(answers) == list(range(1, len(answers) + 1))
    assert final == len(answers)
    assert scene.workload.most_engines == 1

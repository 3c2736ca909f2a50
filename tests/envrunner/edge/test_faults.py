"""Killing each part at a bad moment. Every test has its own edge."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from envrunner import edge
from tests.envrunner.edge.asking import ask
from tests.envrunner.edge.stack import Stack, digest, label
from tests.envrunner.waiting import until


def status(stack: Stack, token: str, number: int = 1) -> int:
    """Of one request; 0 when nginx is not there."""
    try:
        return ask(stack.ingress, "/S/h", host=stack.host(number), token=token).status
    except OSError:
        return 0


def test_without_tables_it_asks_for_patience(stack: Stack) -> None:
    token = stack.add_key(1, "full")
    stack.start_process("edge")
    until(lambda: stack.state() is not None)
    answer = ask(stack.ingress, "/S/h", host=stack.host(1), token=token)
    answer.assert_refusal(503)
    assert answer.headers["retry-after"] == "1"


def test_nginx_is_killed_while_the_control_plane_is_dead(stack: Stack) -> None:
    token = stack.add_key(1, "full")
    stack.start()
    stack.plane.stop()
    stack.kill("edge", group=True)
    stack.start_process("edge")
    assert until(lambda: status(stack, token) == 200)
    assert until(lambda: status(stack, "key_unknown.x") == 401)


def test_a_home_with_an_at_sign() -> None:
    stack = Stack(Path(tempfile.mkdtemp(prefix="jane@RUN@example-", dir="/tmp")))
    try:
        stack.add_environment(1)
        token = stack.add_key(1, "full")
        stack.start()
        assert status(stack, token) == 200
    finally:
        stack.stop()


def test_a_killed_masters_workers_do_not_hold_the_ports(stack: Stack) -> None:
    token = stack.add_key(1, "full")
    stack.start()
    stack.kill("edge")
    stack.start_process("edge")
    stack.wait_until(lambda: (state := stack.state()) and state["master"] == stack.processes["edge"].pid)
    stack.wait_until(lambda: status(stack, token) == 200)


def test_everything_starts_from_disk_without_the_control_plane(stack: Stack) -> None:
    token = stack.add_key(1, "full")
    stack.start()
    stack.plane.stop()
    stack.kill("edge_agent")
    stack.kill("edge", group=True)
    for link in (stack.run / "edge" / "s").iterdir():
        link.unlink()
    stack.start_process("edge_agent")
    stack.start_process("edge")
    assert until(lambda: status(stack, token) == 200)


def test_a_lost_copy_gives_no_used_slot_to_another(stack: Stack) -> None:
    """nginx keeps connections by slot: a number it knows must not come to mean another environment."""
    stack.add_environment(2)
    first, second = stack.add_key(1, "full"), stack.add_key(2, "full")
    stack.start()
    assert (status(stack, first), status(stack, second, 2)) == (200, 200)
    stack.kill("edge_agent")
    for file in (stack.home / "edge").glob("tables.sqlite3*"):
        file.unlink()
    stack.plane.change("routes", label(1), None)
    stack.plane.change("principals", digest(first), None)
    stack.start_process("edge_agent")
    stack.wait_applied()
    # Its new slot needs a reload, and the workers before that may still take a call or two.
    until(lambda: all(status(stack, second, 2) == 200 for _ in range(30)))
    assert ask(stack.ingress, "/S/h", host=stack.host(2), token=second).json["label"] == label(2)
    assert all(int(link.name[:7]) > 64 for link in (stack.run / "edge" / "s").iterdir())


def test_a_judge_that_fails_lets_nothing_through(stack: Stack) -> None:
    token = stack.add_key(1, "full")
    stack.start()
    modules = stack.home / "modules"
    shutil.copytree(Path(edge.__file__).parent, modules)
    first = "    const variables = r.variables"
    for name, line in (("fast.js", first), ("gate.js", first), ("query.js", "    if (refusal === '') {")):
        text = (modules / name).read_text()
        assert line in text
        (modules / name).write_text(text.replace(line, "    if (r.method === 'POST') { null.x; }\n" + line))
    configuration = stack.home / "edge" / "nginx.conf"
    configuration.write_text(configuration.read_text().replace(str(Path(edge.__file__).parent), str(modules)))
    os.kill(stack.processes["edge"].pid, signal.SIGHUP)
    call = partial(ask, stack.ingress, "/S/h", method="POST", host=stack.host(1), token=token)
    # The workers before the reload may still take a call or two.
    until(lambda: all(call().status == 500 for _ in range(30)))
    before = stack.engines[label(1)].requests
    for port, target in ((stack.ingress, "/S/h"), (stack.admin, "/deployments"), (stack.admin, "/query")):
        body = b'{"query": "SELECT 1"}'
        ask(port, target, method="POST", host=stack.host(1), token=token, body=body).assert_refusal(500)
    assert stack.engines[label(1)].requests == before


def test_a_second_agent_waits(stack: Stack) -> None:
    stack.start()
    first = stack.processes["edge_agent"]
    stack.start_process("edge_agent")
    token = stack.add_key(1, "full")
    stack.wait_applied()
    first.kill()
    first.wait()
    assert status(stack, token) == 200
    stack.plane.change("principals", digest(token), None)
    assert until(lambda: status(stack, token) == 401)


def test_a_worker_is_killed(stack: Stack) -> None:
    token = stack.add_key(1, "full")
    stack.start()
    for worker in children(stack.processes["edge"].pid):
        os.kill(worker, signal.SIGKILL)
    assert until(lambda: status(stack, token) == 200)


def test_changes_wait_for_a_dead_agent_and_arrive(stack: Stack) -> None:
    kept, gone = stack.add_key(1, "full"), stack.add_key(1, "full", secret="gone")
    stack.start()
    stack.kill("edge_agent")
    stack.plane.change("principals", digest(gone), None)
    new = stack.add_key(1, "ingress")
    assert status(stack, kept) == 200
    stack.start_process("edge_agent")
    stack.wait_applied()
    assert [status(stack, token) for token in (kept, gone, new)] == [200, 401, 200]


def test_an_agent_killed_again_and_again_loses_nothing(stack: Stack) -> None:
    tokens = [stack.add_key(1, "full", secret="kept")]
    stack.start()
    for number in range(8):
        tokens.append(stack.add_key(1, "full", secret=f"s{number}"))
        if number % 2:
            stack.plane.change("principals", digest(tokens.pop()), None)
        stack.kill("edge_agent")
        stack.start_process("edge_agent")
        assert status(stack, tokens[0]) == 200
    stack.wait_applied()
    assert {status(stack, token) for token in tokens} == {200}
    assert status(stack, "key_full1.s1") == 401


def test_revocation_and_role_changes_take_effect(stack: Stack) -> None:
    token, member = stack.add_key(1, "full"), stack.add_member("usr_a", "developer")
    stack.start()
    assert (status(stack, token), status(stack, member)) == (200, 200)
    stack.plane.change("members", "usr_a/acc_1", {"role": "viewer"})
    stack.plane.change("principals", digest(token), None)
    assert until(lambda: (status(stack, token), status(stack, member)) == (401, 403))
    stack.plane.change("members", "usr_a/acc_1", None)
    assert until(lambda: ask(stack.admin, "/deployments", host=stack.host(1), token=member).status == 403)


def test_a_reset_means_a_snapshot(stack: Stack) -> None:
    kept, gone = stack.add_key(1, "full"), stack.add_key(1, "full", secret="gone")
    stack.start()
    stack.kill("edge_agent")
    stack.plane.change_unlogged("principals", digest(gone), None)
    snapshots = stack.plane.snapshots
    stack.start_process("edge_agent")
    assert until(lambda: status(stack, gone) == 401)
    assert status(stack, kept) == 200
    assert stack.plane.snapshots == snapshots + 1


def test_another_control_plane_with_the_same_numbers(stack: Stack) -> None:
    """A restored database may count from lower numbers: the edge must not take its sequence for the other's."""
    token = stack.add_key(1, "full")
    stack.start()
    stack.plane.rewind(0)
    assert until(lambda: status(stack, token) == 401)


def test_a_snapshot_never_refuses_a_live_key(stack: Stack) -> None:
    token = stack.add_key(1, "full")
    for number in range(3_000):
        stack.plane.change("principals", digest(str(number)), {"kind": "user", "userId": "usr_x", "expiresAt": None})
    stack.start()
    for number in range(3):
        before = stack.plane.snapshots
        stack.plane.change_unlogged("principals", digest(str(number)), None)
        stack.kill("edge_agent")
        stack.start_process("edge_agent")
        while stack.plane.snapshots == before or stack.state_sequence() != stack.plane.sequence:
            assert status(stack, token) == 200


def test_the_control_plane_comes_back(stack: Stack) -> None:
    token = stack.add_key(1, "full")
    stack.start()
    stack.plane.stop()
    new = stack.add_key(1, "full", secret="new")
    assert (status(stack, token), status(stack, new)) == (200, 401)
    stack.plane.start()
    assert until(lambda: status(stack, new) == 200)


def test_last_uses_are_told_once(stack: Stack) -> None:
    token = stack.add_key(1, "full")
    stack.add_key(1, "ingress")
    stack.start()
    assert status(stack, token) == 200
    told = until(lambda: dict(stack.plane.usage))
    assert list(told) == ["key_full1"]
    told_at = datetime.fromisoformat(told["key_full1"])
    assert datetime.now(UTC) - timedelta(seconds=60) < told_at <= datetime.now(UTC)


def children(master: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]

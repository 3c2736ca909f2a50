"""Every call that changes an engine is told to the control plane once, whatever is killed meanwhile."""

from __future__ import annotations

import asyncio
import http.client
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from envrunner.edge import nginx
from tests.envrunner.edge.asking import Answer, ask
from tests.envrunner.edge.conftest import MINE
from tests.envrunner.edge.prior import Plain, Stock
from tests.envrunner.edge.stack import Stack, digest, label
from tests.support.waiting import until

SQL = b'{"query": "SELECT 1"}'
CHANGES = [
    ("DELETE", "/deployments/dp_1", b""),
    ("PATCH", "/services/s", b"{}"),
    ("POST", "/services/s/state", b"{}"),
    ("DELETE", "/subscriptions/s", b""),
    ("PUT", "/limits/rules", b"{}"),
    ("PATCH", "/invocations/inv_1/kill", b""),
    ("DELETE", "/invocations/inv_1", b""),
    ("POST", "/internal/invocations_batch_operations/purge", b"{}"),
    ("POST", "/deployments", b"{}"),
    ("PUT", "/deployments/dp_1", b"{}"),
    ("POST", "/kafka-clusters", b"{}"),
    ("POST", "/query", SQL),
]
NO_CHANGES = [("GET", "/deployments", b""), ("GET", "/ui/", b""), ("HEAD", "/health", b"")]


@pytest.fixture(scope="module")
def edge() -> Iterator[Stack]:
    stack = Stack()
    try:
        stack.add_environment(MINE)
        stack.add_environment(2, engine=False)
        stack.add_environment(3)
        yield stack.start()
    finally:
        stack.stop()


@pytest.fixture(autouse=True)
def _forgotten(edge: Stack) -> Iterator[None]:
    edge.plane.recorded.clear()
    yield
    edge.plane.records = True
    edge.plane.verdict = (200, {"admitted": True, "message": None})


def key(stack: Stack, role: str = "admin", number: int = MINE) -> str:
    token = stack.add_key(number, role)
    stack.wait_applied()
    return token


def call(stack: Stack, token: str, method: str, path: str, body: bytes = b"", **more: Any) -> Answer:
    return ask(stack.admin, path, method=method, host=stack.host(MINE), token=token, body=body, **more)


def recorded(stack: Stack, count: int) -> list[dict[str, Any]]:
    stack.wait_until(lambda: len(stack.plane.recorded) >= count)
    return stack.plane.recorded


@pytest.mark.parametrize("prefix", ["", "/v3"])
@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_a_change_is_told_once(edge: Stack, method: str, path: str, body: bytes, prefix: str) -> None:
    token, before = key(edge), int(time.time() * 1000) / 1000
    answer = call(edge, token, method, f"{prefix}{path}?x=secret", body, headers=[("User-Agent", "curl/8")])
    assert answer.status == 200
    (told,) = recorded(edge, 1)
    assert before <= _seconds(told.pop("at")) <= time.time()
    assert told == {
        "id": answer.headers["x-request-id"],
        "environmentId": f"env_{label(MINE)}",
        "kind": "api_key",
        "actor": "key_admin1",
        "address": "127.0.0.1",
        "userAgent": "curl/8",
        "method": method,
        "path": f"{prefix}{path}",
        "status": 200,
    }


def test_at_an_environment_s_own_port_too(edge: Stack) -> None:
    port = edge.ports_from + 2 * MINE + 1
    assert ask(port, "/services/s", method="PATCH", token=key(edge), body=b"{}").status == 200
    assert recorded(edge, 1)[0]["path"] == "/services/s"


@pytest.mark.parametrize("kind", [Plain, Stock], ids=["straight", "by way of h2c"])
def test_over_http2_too(edge: Stack, kind: type[Plain]) -> None:
    async def scenario() -> int:
        async with kind() as client:
            await client.reach(edge.admin, "127.0.0.9")
            credentials = [f"Bearer {key(edge)}"]
            return (await client.ask(edge.host(MINE), "/invocations/inv_1/kill", credentials, "PATCH")).status

    assert asyncio.run(scenario()) == 200
    (told,) = recorded(edge, 1)
    assert (told["actor"], told["status"], told["address"]) == ("key_admin1", 200, "127.0.0.9")


def test_a_person_s_call_tells_who_and_by_what(edge: Stack) -> None:
    token = edge.add_member("usr_ann", "developer")
    edge.wait_applied()
    assert call(edge, token, "DELETE", "/invocations/inv_1?mode=purge").status == 200
    (told,) = recorded(edge, 1)
    assert (told["kind"], told["actor"], told["digest"]) == ("user", "usr_ann", digest(token))
    assert told["mode"] == "purge"


def test_a_job_s_call_tells_who_and_by_what(edge: Stack) -> None:
    token = edge.add_workload(MINE, "admin", "usr_ann")
    edge.add_member("usr_ann", "admin")
    edge.wait_applied()
    assert call(edge, token, "PATCH", "/services/s", b"{}").status == 200
    (told,) = recorded(edge, 1)
    assert (told["kind"], told["actor"], told["credential"]) == ("workload", "usr_ann", "tok_1")


def test_what_changes_nothing_is_not_told(edge: Stack) -> None:
    token, viewer = key(edge), edge.add_member("usr_vic", "viewer")
    edge.wait_applied()
    for method, path, body in NO_CHANGES:
        call(edge, token, method, path, body)
    assert call(edge, viewer, "PATCH", "/services/s", b"{}").status == 403
    assert call(edge, "nobody", "PATCH", "/services/s", b"{}").status == 401
    assert call(edge, token, "POST", "/query", b'{"query": "SET x = 1"}').status == 403
    edge.plane.verdict = (200, {"admitted": False, "message": "No."})
    assert call(edge, token, "POST", "/deployments", b"{}").status == 422
    assert call(edge, token, "PATCH", "/services/last", b"{}").status == 200
    assert [told["path"] for told in recorded(edge, 1)] == ["/services/last"]


def test_an_engine_that_is_away_is_told(edge: Stack) -> None:
    token = key(edge, number=2)
    answer = ask(edge.admin, "/services/s", method="PATCH", host=edge.host(2), token=token, body=b"{}")
    assert answer.status == 503
    (told,) = recorded(edge, 1)
    assert told["status"] == 503


def test_a_caller_who_leaves_is_told(edge: Stack) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", edge.admin)
    headers = {"Host": edge.host(MINE), "Authorization": f"Bearer {key(edge)}"}
    connection.request("POST", "/services/stream/state", b"{}", headers)
    connection.close()
    (told,) = recorded(edge, 1)
    assert told["path"] == "/services/stream/state"


@pytest.mark.parametrize(
    "agent", [b'x"}\n{"id": "forged"', b"\xff\xfe", b"a" * 8000, "\u2028".encode(), b'\\"},{"id":"forged"']
)
def test_nobody_forges_a_line_or_makes_it_long(edge: Stack, agent: bytes) -> None:
    headers = [("User-Agent", agent.replace(b"\n", b"\t").decode("latin-1"))]
    assert call(edge, key(edge), "PATCH", "/services/s", b"{}", headers=headers).status == 200
    (told,) = recorded(edge, 1)
    assert told["actor"] == "key_admin1"
    assert told["userAgent"].isprintable()
    assert len(told["userAgent"]) <= 200


def test_what_the_control_plane_does_not_take_waits(edge: Stack) -> None:
    token, edge.plane.records = key(edge), False
    for number in range(5):
        assert call(edge, token, "PATCH", f"/services/s{number}", b"{}").status == 200
    edge.plane.records = True
    told = recorded(edge, 5)
    # In the order in which calls were over: the next may be before nginx has written of the last.
    assert sorted(one["path"] for one in told) == [f"/services/s{number}" for number in range(5)]


def one_waits(stack: Stack, token: str) -> Path:
    """A change has been taken from the spool, its end too, and waits; nobody writes to the spool then."""
    spool, agent = stack.home / "edge" / "audit" / label(MINE), stack.processes["edge_agent"].pid
    stack.plane.records = False
    os.kill(agent, signal.SIGSTOP)
    try:
        assert call(stack, token, "PATCH", "/services/first", b"{}").status == 200
        # nginx answers before it notes the end.
        stack.wait_until(lambda: '"status"' in spool.read_text())
    finally:
        os.kill(agent, signal.SIGCONT)
    stack.wait_until(lambda: spool.with_suffix(".taken").exists() and not spool.exists())
    return spool


def test_without_room_changes_are_refused_and_reading_goes_on(edge: Stack) -> None:
    token = key(edge)
    spool = one_waits(edge, token)
    with spool.open("wb") as file:
        file.truncate(2 * 1024 * 1024)
    before = edge.engines[label(MINE)].requests
    refusal = call(edge, token, "PATCH", "/services/s", b"{}")
    refusal.assert_refusal(503)
    assert "no room for more records" in refusal.json["message"]
    call(edge, token, "POST", "/query", SQL).assert_refusal(503)
    assert edge.engines[label(MINE)].requests == before
    assert call(edge, token, "GET", "/deployments").status == 200
    others = ask(edge.admin, "/services/s", method="PATCH", host=edge.host(3), token=key(edge, number=3), body=b"{}")
    assert others.status == 200
    spool.unlink()
    edge.plane.records = True
    recorded(edge, 2)


def test_the_end_of_a_call_that_took_the_last_room_is_told(edge: Stack) -> None:
    token = key(edge)
    spool = one_waits(edge, token)
    with spool.open("wb") as file:
        file.truncate(2 * 1024 * 1024 - 1)
    owner = spool.with_suffix(".taken").stat()
    os.chown(spool, owner.st_uid, owner.st_gid)
    assert call(edge, token, "PATCH", "/services/last", b"{}").status == 200
    edge.plane.records = True
    assert [(told["path"], told.get("status")) for told in recorded(edge, 2)] == [
        ("/services/first", 200),
        ("/services/last", 200),
    ]


def test_a_line_that_a_full_disk_tore_takes_no_other_with_it(edge: Stack) -> None:
    token = key(edge)
    spool = one_waits(edge, token)
    owner = spool.with_suffix(".taken").stat()
    spool.write_text('{"id":"torn')
    os.chown(spool, owner.st_uid, owner.st_gid)
    assert call(edge, token, "PATCH", "/services/second", b"{}").status == 200
    edge.plane.records = True
    assert [told["path"] for told in recorded(edge, 2)] == ["/services/first", "/services/second"]


def test_nothing_is_lost_or_told_twice_when_everything_is_killed(stack: Stack) -> None:
    stack.start()
    token = key(stack)
    done: list[str] = []
    workers = 0

    def change(number: int) -> None:
        try:
            answer = ask(
                stack.admin, f"/services/s{number}", method="PATCH", host=stack.host(1), token=token, body=b"{}"
            )
        except OSError:
            return
        if answer.status == 200:
            done.append(f"/services/s{number}")

    with ThreadPoolExecutor(4) as pool:
        for number in range(60):
            pool.submit(change, number)
            if number in (15, 45):
                until(lambda: len(done) > 3)
                stack.kill("edge_agent")
                stack.start_process("edge_agent")
            if number == 30:
                workers = len(nginx.workers(stack.processes["edge"].pid))
                stack.kill("edge", group=True)
                stack.start_process("edge")
    stack.wait_applied()
    change(60)
    stack.wait_until(lambda: set(done) <= {told["path"] for told in stack.plane.recorded})
    told = {one["id"]: one for one in stack.plane.recorded}
    paths = [one["path"] for one in told.values()]
    assert len(paths) == len(set(paths))
    # nginx answers before it notes the end: each worker that was killed may have been in between.
    endless = [one for one in told.values() if one["path"] in done and one.get("status") != 200]
    assert len(endless) <= workers
    assert len(done) > 5


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()

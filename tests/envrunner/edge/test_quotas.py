"""What an environment may take at once, and how long its queries may last."""

from __future__ import annotations

import http.client
import os
import queue
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from h2.connection import H2Connection
from h2.events import ResponseReceived

from tests.envrunner.edge.asking import Answer, ask
from tests.envrunner.edge.stack import Stack, digest, label
from tests.envrunner.edge.streams import Streaming
from tests.envrunner.waiting import until

TIGHT, OTHER, HASTY, LONGING = 1, 2, 3, 4


@pytest.fixture(scope="module")
def edge() -> Iterator[Stack]:
    stack = Stack()
    try:
        stack.add_environment(TIGHT, requestsInFlight=2)
        stack.add_environment(OTHER, requestsInFlight=2, accountId="acc_2")
        stack.add_environment(HASTY, querySeconds=1)
        stack.add_environment(LONGING, requestsPerSecond=1000, requestSizeLimitBytes=1000, querySeconds=600)
        for number in (TIGHT, OTHER, HASTY, LONGING):
            stack.add_key(number, "full")
        for role in ("owner", "developer", "viewer"):
            stack.add_member(f"usr_{role}", role)
        stack.start()
        # At its first look a new edge agent has all counted anew.
        stack.wait_until(lambda: forgotten(stack))
        yield stack
    finally:
        stack.stop()


def forgotten(stack: Stack) -> int:
    """How often what was counted of requests under way has been forgotten; 0 while nginx does not say."""
    state = stack.state()
    return int(state["flights"]) if state else 0


def key(number: int, role: str = "full") -> str:
    return f"key_{role}{number}.secret"


def call(stack: Stack, number: int, target: str = "/S/h", **more: object) -> Answer:
    return ask(stack.ingress, target, host=stack.host(number), token=key(number), **more)  # type: ignore[arg-type]


def admin(stack: Stack, number: int, method: str, target: str, token: str = "", body: bytes = b"{}") -> Answer:
    return ask(
        stack.admin, target, method=method, host=stack.host(number), token=token or key(number), body=body,
        headers=[("Content-Type", "application/json")],
    )  # fmt: skip


def streaming(stack: Stack) -> Streaming:
    """A call under way in the block."""
    return Streaming(stack, TIGHT, key(TIGHT))


def refused(answer: Answer) -> bool:
    if answer.status == 200:
        return False
    answer.assert_refusal(429)
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["ratelimit-policy"] == '"environment-requests-in-flight";q=2;qu="concurrent-requests"'
    assert answer.headers["ratelimit"] == '"environment-requests-in-flight";r=0'
    assert "no more than 2 requests at the same time" in answer.json["message"]
    return True


def test_answers_count_until_they_have_ended_and_hold_nobody_else_up(edge: Stack) -> None:
    with streaming(edge), streaming(edge):
        by_port = ask(edge.ports_from + 2 * TIGHT, "/S/h", token=key(TIGHT))
        assert all(refused(one) for one in (call(edge, TIGHT), admin(edge, TIGHT, "GET", "/version"), by_port))
        assert not refused(call(edge, OTHER))
    until(lambda: not refused(call(edge, TIGHT)))


def test_refusals_and_strangers_take_no_place(edge: Stack) -> None:
    with streaming(edge):
        for _ in range(3):
            assert ask(edge.ingress, "/S/h", host=edge.host(TIGHT), token="key_x.y").status == 401
            assert ask(edge.admin, "/nothing", host=edge.host(TIGHT), token=key(TIGHT)).status == 404
        until(lambda: not refused(call(edge, TIGHT)))


def test_a_body_that_is_still_coming_counts(edge: Stack) -> None:
    head = f"POST /S/h HTTP/1.1\r\nHost: {edge.host(TIGHT)}\r\nAuthorization: Bearer {key(TIGHT)}\r\n"
    with streaming(edge), socket.create_connection(("127.0.0.1", edge.ingress)) as slow:
        slow.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n".encode())
        until(lambda: refused(call(edge, TIGHT)))
    until(lambda: not refused(call(edge, TIGHT)))


def test_streams_of_one_http2_connection_count_each(edge: Stack) -> None:
    until(lambda: Counter(_at_once(edge, 5)) == {"200": 2, "429": 3})


def _at_once(stack: Stack, number: int) -> list[str]:
    """The status of each of so many calls on one connection, none of which ends."""
    chunks = stack.engines[label(TIGHT)].to_send = queue.Queue()
    h2 = H2Connection()
    h2.initiate_connection()
    own = [(":authority", stack.host(TIGHT)), ("authorization", f"Bearer {key(TIGHT)}")]
    for stream in range(1, 2 * number, 2):
        target = [(":method", "GET"), (":scheme", "http"), (":path", "/S/stream")]
        h2.send_headers(stream, [*target, *own], end_stream=True)
    with socket.create_connection(("127.0.0.1", stack.ingress)) as connection:
        connection.sendall(h2.data_to_send())
        found: list[str] = []
        while len(found) < number:
            events = h2.receive_data(connection.recv(65536))
            found += [
                dict(event.headers)[b":status"].decode() for event in events if isinstance(event, ResponseReceived)
            ]
            connection.sendall(h2.data_to_send())
    for _ in range(found.count("200")):
        chunks.put(None)
    return found


@pytest.mark.parametrize("method", ["TERM", "KILL"])
def test_the_counts_heal_when_workers_end(method: str, edge: Stack) -> None:
    with ExitStack() as calls:
        for _ in range(2):
            calls.enter_context(streaming(edge))
        assert refused(call(edge, TIGHT))
        master = edge.processes["edge"].pid
        for worker in Path(f"/proc/{master}/task/{master}/children").read_text().split():
            before = forgotten(edge)
            os.kill(int(worker), getattr(signal, f"SIG{method}"))
            # Each by itself, so that afterwards none is still to be noticed.
            edge.wait_until(lambda before=before: forgotten(edge) > before)  # type: ignore[misc]
        until(lambda: _answered(edge))
    with streaming(edge):
        until(lambda: not refused(call(edge, TIGHT)))


def _answered(edge: Stack) -> bool:
    try:
        return not refused(call(edge, TIGHT))
    except OSError:
        return False


def test_a_query_is_cut_after_the_environments_own_time(edge: Stack) -> None:
    owner = edge.add_member("usr_owner", "owner")
    edge.wait_applied()
    edge.engines[label(HASTY)].hold_queries = True
    try:
        for token in ("", owner):
            answer = admin(edge, HASTY, "POST", "/query", token, b'{"query": "SELECT 1"}')
            answer.assert_refusal(504)
            assert "longer than the 1 seconds" in answer.json["message"]
    finally:
        edge.engines[label(HASTY)].hold_queries = False
    # On a busy machine one that is not held may take too long as well.
    answer = until(lambda: found if (found := _asked(edge)).status == 200 else None)
    assert answer.json["target"] == "/query"
    assert "x-edge-guard" not in answer.seen
    assert "authorization" not in answer.seen


def _asked(edge: Stack) -> Answer:
    return admin(edge, HASTY, "POST", "/query", body=b'{"query": "SELECT 1"}')


def test_a_query_that_breaks_off_was_throttled(edge: Stack) -> None:
    """Not one that breaks off earlier, as the caller's own or the engine's doing."""
    token, engine, patient = (
        edge.add_member("usr_bea", "developer"),
        *(edge.engines[label(n)] for n in (HASTY, LONGING)),
    )
    edge.wait_applied()
    edge.plane.throttled.clear()
    begun = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n"
    try:
        patient.canned["/query"] = begun
        with pytest.raises(http.client.IncompleteRead):
            admin(edge, LONGING, "POST", "/query", token, b'{"query": "SELECT 1"}')
        engine.hold_queries, engine.queries_begin = True, begun
        with pytest.raises(http.client.IncompleteRead):
            admin(edge, HASTY, "POST", "/query", token, b'{"query": "SELECT 1"}')
    finally:
        patient.canned.clear()
        engine.hold_queries, engine.queries_begin = False, b""
    until(lambda: [item for item in edge.plane.throttled if item["principal"] == "usr_bea"])
    (item,) = [item for item in edge.plane.throttled if item["principal"] == "usr_bea"]
    assert (item["limit"], item["count"]) == ("query_seconds", 1)


def test_a_query_ends_with_its_key(edge: Stack) -> None:
    edge.plane.change("routes", label(LONGING), {"accountId": "acc_1", "status": "ON", "querySeconds": 600})
    token = edge.add_key(LONGING, "admin")
    edge.wait_applied()
    engine = edge.engines[label(LONGING)]
    engine.hold_queries = True
    asked = engine.requests
    with socket.create_connection(("127.0.0.1", edge.admin)) as connection:
        body = b'{"query": "SELECT 1"}'
        head = f"POST /query HTTP/1.1\r\nHost: {edge.host(LONGING)}\r\nAuthorization: Bearer {token}\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        until(lambda: engine.requests > asked)
        edge.plane.change("principals", digest(token), None)
        connection.settimeout(30)
        assert connection.recv(65536).startswith(b"HTTP/1.1 401")
    engine.hold_queries = False


def test_a_query_counts_once_though_it_is_judged_twice(edge: Stack) -> None:
    edge.plane.change("routes", label(LONGING), {
        "accountId": "acc_1", "status": "ON", "requestsPerSecond": 2, "requestSizeLimitBytes": 1000,
    })  # fmt: skip
    edge.wait_applied()
    # Two within one second; every fourth second has the same counter, and another begins with nothing.
    until(
        lambda: (
            [admin(edge, LONGING, "POST", "/query", body=b'{"query": "SELECT 1"}').status for _ in range(3)][:2]
            == [200] * 2
        )
    )


def test_who_was_throttled_is_told_by_limit_and_principal(edge: Stack) -> None:
    edge.plane.throttled.clear()
    own, token = edge.add_key(TIGHT, "ingress"), edge.add_member("usr_ada", "developer")
    edge.plane.change("routes", label(LONGING), {"accountId": "acc_1", "status": "ON", "requestSizeLimitBytes": 1000})
    edge.wait_applied()
    with ExitStack() as calls:
        for _ in range(2):
            calls.enter_context(streaming(edge))
        assert refused(ask(edge.ingress, "/S/h", host=edge.host(TIGHT), token=own))
        assert refused(ask(edge.admin, "/version", host=edge.host(TIGHT), token=token))
        assert refused(ask(edge.admin, "/version", host=edge.host(TIGHT), token=token))
    call(edge, LONGING, method="POST", body=b"x" * 1001).assert_refusal(413)
    wanted = {
        (f"env_{label(TIGHT)}", "requests_in_flight", f"key_ingress{TIGHT}"): 1,
        (f"env_{label(TIGHT)}", "requests_in_flight", "usr_ada"): 2,
        (f"env_{label(LONGING)}", "request_size", f"key_full{LONGING}"): 1,
    }

    def told() -> bool:
        counts: Counter[tuple[str, str, str]] = Counter()
        for item in edge.plane.throttled:
            counts[item["environmentId"], item["limit"], item["principal"]] += item["count"]
        return all(counts[one] == count for one, count in wanted.items())

    until(told)
    with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(edge.control.with_name("agent.sock")))) as client:
        assert 'edge_throttled_requests_total{limit="requests_in_flight"}' in client.get("http://edge/metrics").text


def test_many_principals_of_one_environment_take_no_more_lines_than_one_may(edge: Stack) -> None:
    tokens = [edge.add_member(f"usr_many{number}", "developer") for number in range(60)]
    edge.wait_applied()
    edge.plane.throttled.clear()
    agent = edge.processes["edge_agent"].pid
    with ExitStack() as calls:
        for _ in range(2):
            calls.enter_context(streaming(edge))
        # All of them in one of its rounds.
        os.kill(agent, signal.SIGSTOP)
        try:
            for token in tokens:
                assert refused(ask(edge.admin, "/version", host=edge.host(TIGHT), token=token))
        finally:
            os.kill(agent, signal.SIGCONT)

    def told() -> list[tuple[str, int]]:
        items = [(item["principal"], item["count"]) for item in edge.plane.throttled]
        return [one for one in items if one[0].startswith("usr_many") or not one[0]]

    until(lambda: sum(count for _, count in told()) >= 60)
    assert dict(told())[""] >= 10

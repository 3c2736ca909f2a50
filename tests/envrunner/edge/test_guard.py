"""A person's call ends when the right to it ends: before its answer or in the middle of it, and never for another."""

from __future__ import annotations

import asyncio
import http.client
import json
import queue
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from envrunner.guard.call import Call, Right
from envrunner.guard.main import carry
from envrunner.guard.watch import Watch
from tests.envrunner.edge.asking import ask
from tests.envrunner.edge.echo_engine import EchoEngine
from tests.envrunner.edge.stack import Stack, digest, label
from tests.envrunner.waiting import until

ANN, BOB = "usr_ann", "usr_bob"


@pytest.fixture(scope="module")
def guarded() -> Iterator[Stack]:
    stack = Stack()
    try:
        stack.add_environment(1)
        stack.add_environment(2)
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def tokens(guarded: Stack) -> dict[str, str]:
    """Two developers, signed in anew for each test."""
    made = {user: guarded.add_member(user, "developer") for user in (ANN, BOB)}
    guarded.wait_applied()
    return made


def engine(stack: Stack, number: int = 1) -> EchoEngine:
    return stack.engines[label(number)]


def streaming(stack: Stack, token: str, number: int = 1) -> http.client.HTTPResponse:
    """A call whose answer has begun."""
    response = begun(stack, token, number)
    assert response.read1(100) == b"first"
    return response


def begun(stack: Stack, token: str, number: int = 1) -> http.client.HTTPResponse:
    """The head of what is answered to a call that would stream."""
    connection = http.client.HTTPConnection("127.0.0.1", stack.ports_from + 2 * number + 1, timeout=20)
    # A queue of its own: the engine's thread of a call that broke off still waits at the last one.
    engine(stack, number).to_send.put(None)
    engine(stack, number).to_send = queue.Queue()
    engine(stack, number).to_send.put(b"first")
    connection.request("GET", "/ui/stream", headers={"Authorization": f"Bearer {token}"})
    return connection.getresponse()


def broke_off(response: http.client.HTTPResponse) -> bool:
    """Whether the answer ends before its end."""
    try:
        response.read()
    except (http.client.IncompleteRead, ConnectionError):
        return True
    return False


def logged_out(stack: Stack, token: str) -> None:
    stack.plane.change("principals", digest(token), None)


def removed(stack: Stack, _token: str) -> None:
    stack.plane.change("members", f"{ANN}/acc_1", None)


def made_a_viewer(stack: Stack, _token: str) -> None:
    stack.plane.change("members", f"{ANN}/acc_1", {"role": "viewer"})


@pytest.mark.parametrize("ending", [logged_out, removed, made_a_viewer])
def test_a_call_that_streams_breaks_off(
    guarded: Stack, tokens: dict[str, str], ending: Callable[[Stack, str], None]
) -> None:
    response, other = streaming(guarded, tokens[ANN]), streaming(guarded, tokens[BOB], 2)
    ending(guarded, tokens[ANN])
    assert broke_off(response)
    for piece in (b"second", None):
        engine(guarded, 2).to_send.put(piece)
    assert other.read() == b"second"


@pytest.mark.parametrize(
    ("ending", "status", "word"),
    [(logged_out, 401, "session"), (removed, 403, "membership"), (made_a_viewer, 403, "role")],
)
def test_a_call_without_an_answer_yet_is_told_why(
    guarded: Stack, tokens: dict[str, str], ending: Callable[[Stack, str], None], status: int, word: str
) -> None:
    head = (
        "PATCH /services/upload HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {tokens[ANN]}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", guarded.ports_from + 3), timeout=20) as connection:
        connection.sendall(head.encode() + b"5\r\nfirst\r\n")
        assert engine(guarded).received.get(timeout=20) == b"first"
        ending(guarded, tokens[ANN])
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        body = json.loads(answer.read())
    assert answer.status == status
    assert word in body["message"]
    assert body["restate_code"] is None


def test_an_expired_token_ends_the_call(guarded: Stack, tokens: dict[str, str]) -> None:
    for seconds in (2, 4, 8, 16, 32):
        expires = (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        value = {"kind": "user", "userId": ANN, "expiresAt": expires}
        guarded.plane.change("principals", digest(tokens[ANN]), value)
        guarded.wait_applied()
        response = begun(guarded, tokens[ANN])
        # On a busy machine that may have been too late to begin.
        if response.status != 401:
            break
    assert response.read1(100) == b"first"
    assert broke_off(response)
    assert time.time() >= datetime.fromisoformat(expires).timestamp()


def test_an_api_key_and_a_stranger_cannot_speak_to_the_guard(guarded: Stack, tokens: dict[str, str]) -> None:
    forged = [("X-Edge-Guard", f"{digest(tokens[BOB])} {BOB}/acc_1 f 9999999999 s0000000i")]
    for name, value in (*forged, ("X_Edge_Guard", forged[0][1])):
        for token in (tokens[ANN], guarded.add_key(1, "full")):
            guarded.wait_applied()
            answer = ask(guarded.ports_from + 2, "/S/h", token=token, headers=[(name, value)])
            assert answer.status == 200, answer
            assert "edge-guard" not in json.dumps(answer.json["headers"]).lower().replace("_", "-")


def test_nobody_else_gets_in_at_its_socket(guarded: Stack) -> None:
    mode = (guarded.run / "edge" / "guard.sock").stat().st_mode
    assert mode & 0o777 == 0o600


def test_tens_of_thousands_of_calls_end(guarded: Stack) -> None:
    right = Right("unknown", "usr_" + "x" * 60 + "/acc_1", "d", 9_999_999_999)
    calls = [Call(right, "s0000000i", b"") for _ in range(30_001)]
    watch = Watch(guarded.run / "edge" / "control" / "ctl.sock")
    for call in calls:
        watch.add(call)

    async def all_ended() -> None:
        watching = asyncio.create_task(watch.run())
        while not all(call.ended for call in calls):  # noqa: ASYNC110 - a call tells nobody that it has ended
            await asyncio.sleep(0.01)
        watching.cancel()

    asyncio.run(asyncio.wait_for(all_ended(), 30))


def test_an_engine_whose_queue_is_full_is_away(tmp_path: Path) -> None:
    call = Call(Right("", "", "", 0), "s0000000i", b"GET / HTTP/1.1\r\n\r\n")
    edge, nginx = socket.socketpair()
    nginx.setblocking(False)
    with edge, nginx, socket.socket(socket.AF_UNIX) as engine, socket.socket(socket.AF_UNIX) as waiting:
        engine.bind(str(tmp_path / "0000000.i.sock"))
        engine.listen(0)
        waiting.connect(str(tmp_path / "0000000.i.sock"))
        asyncio.run(asyncio.wait_for(call.carry(tmp_path, nginx), 20))
        answer = edge.recv(4096)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 1" in answer


def test_what_nginx_sends_after_the_answer_harms_nobody(tmp_path: Path) -> None:
    """An upload that is refused goes on for a moment: nginx would answer 502 if that failed."""
    nginx, guard = socket.socketpair()
    guard.setblocking(False)

    def uploads() -> bytes:
        nginx.settimeout(60)
        nginx.sendall(
            b"POST / HTTP/1.1\r\nX-Edge-Guard: x usr_x/acc_1 d 9999999999 s0000000i\r\nContent-Length: 9\r\n\r\nbegun"
        )
        answer = b""
        while piece := nginx.recv(4096):
            answer += piece
        nginx.sendall(b"more")
        nginx.close()
        return answer

    async def scenario() -> bytes:
        carried = carry(Watch(tmp_path / "none.sock"), tmp_path, guard)
        return (await asyncio.gather(asyncio.to_thread(uploads), carried))[0]

    with nginx:
        assert asyncio.run(scenario()).startswith(b"HTTP/1.1 503 ")


def test_a_caller_who_does_not_read_keeps_no_call_alive(tmp_path: Path) -> None:
    call = Call(Right("", "", "", 0), "s0000000i", b"GET / HTTP/1.1\r\n\r\n")
    edge, nginx = socket.socketpair()
    nginx.setblocking(False)

    async def carried(engine: socket.socket) -> None:
        under_way = asyncio.create_task(call.carry(tmp_path, nginx))
        accepted, _ = await asyncio.to_thread(engine.accept)
        with accepted:
            # More than all buffers on the way can hold.
            talking = asyncio.create_task(asyncio.to_thread(accepted.sendall, b"x" * 20_000_000))
            while not call.answered:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.01)
            call.end(401, "It is over.")
            await asyncio.gather(under_way, talking, return_exceptions=True)

    with edge, nginx, socket.socket(socket.AF_UNIX) as engine:
        engine.bind(str(tmp_path / "0000000.i.sock"))
        engine.listen()
        asyncio.run(asyncio.wait_for(carried(engine), 20))


def test_a_right_that_ends_meanwhile_is_told(guarded: Stack) -> None:
    token = guarded.add_member("usr_leaving", "viewer")
    guarded.wait_applied()
    engine(guarded).to_send = queue.Queue()
    asked = engine(guarded).requests
    with socket.create_connection(("127.0.0.1", guarded.ports_from + 3), timeout=20) as connection:
        head = f"GET /services/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
        engine(guarded).to_send.put(b"[")
        connection.sendall(head.encode())
        until(lambda: engine(guarded).requests > asked)
        guarded.plane.change("members", "usr_leaving/acc_1", None)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 403
        assert b"membership" in answer.read()
    engine(guarded).to_send.put(None)


def test_large_bodies_pass_both_ways(guarded: Stack, tokens: dict[str, str]) -> None:
    body = b"x" * 20_000_000
    answer = ask(guarded.ports_from + 2, "/S/h", method="POST", token=tokens[ANN], body=body)
    assert answer.json["bodyBytes"] == len(body)
    pieces = 200
    engine(guarded).to_send = queue.Queue()
    for _ in range(pieces):
        engine(guarded).to_send.put(b"y" * 100_000)
    engine(guarded).to_send.put(None)
    response = streaming_all(guarded, tokens[ANN])
    assert len(response) == pieces * 100_000


def streaming_all(stack: Stack, token: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", stack.ports_from + 3, timeout=60)
    connection.request("GET", "/ui/stream", headers={"Authorization": f"Bearer {token}"})
    return connection.getresponse().read()


def test_a_killed_guard_comes_back_and_keeps_its_word(stack: Stack) -> None:
    token = stack.add_member(ANN, "developer")
    stack.start()
    stack.kill("guard")
    refused = ask(stack.ports_from + 2, "/S/h", token=token)
    assert refused.status == 503
    assert "try again" in refused.json["message"]
    assert ask(stack.ports_from + 2, "/S/h", token=stack_key(stack)).status == 200
    stack.start_process("guard")
    stack.wait_until(lambda: ask(stack.ports_from + 2, "/S/h", token=token).status == 200)
    response = streaming(stack, token)
    logged_out(stack, token)
    assert broke_off(response)


def stack_key(stack: Stack) -> str:
    token = stack.add_key(1, "full")
    stack.wait_applied()
    return token


def test_an_engine_that_is_away_is_said_to_be_away(stack: Stack) -> None:
    token = stack.add_member(ANN, "developer")
    stack.start()
    engine(stack).stop()
    answer = ask(stack.ports_from + 2, "/S/h", token=token)
    assert answer.status == 503
    assert "try again" in answer.json["message"]

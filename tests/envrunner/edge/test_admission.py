"""Calls that would give an engine an address: nothing of them reaches it before the control plane has said yes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from envrunner.edge import subscriptions as module
from envrunner.edge.subscriptions import Subscriptions
from tests.envrunner.edge.agent_double import AgentDouble
from tests.envrunner.edge.asking import Answer, ask
from tests.envrunner.edge.canned import plain
from tests.envrunner.edge.conftest import MINE, World
from tests.envrunner.edge.echo_engine import EchoEngine
from tests.envrunner.edge.stack import Stack, label
from tests.support.waiting import until

ASKED = [
    ("POST", "/deployments"), ("PATCH", "/deployments/dp_1"), ("PUT", "/deployments/dp_1"),
    ("POST", "/kafka-clusters"), ("PATCH", "/kafka-clusters/k"), ("POST", "/subscriptions"),
]  # fmt: skip
NOT_ASKED = [
    ("GET", "/deployments"), ("GET", "/deployments/dp_1"), ("DELETE", "/deployments/dp_1"),
    ("GET", "/kafka-clusters"), ("DELETE", "/kafka-clusters/k"), ("GET", "/subscriptions"),
    ("DELETE", "/subscriptions/s"), ("PATCH", "/services/s"),
]  # fmt: skip
BODY = b'{"uri": "http://10.0.0.1", "n": "\xc3\xa9"}'


@pytest.fixture(autouse=True)
def _forgotten(world: World) -> Iterator[None]:
    yield
    world.stack.plane.verdict = (200, {"admitted": True, "message": None})


def call(world: World, method: str, path: str, token: str = "admin", body: bytes = BODY, **more: Any) -> Answer:
    port = world.own_port(MINE, "admin")
    return ask(port, path, method=method, token=world.tokens[token], body=body, **more)


def requests(world: World) -> int:
    return world.stack.engines[label(MINE)].requests


@pytest.mark.parametrize("prefix", ["", "/v2", "/v3", "/v4"])
@pytest.mark.parametrize(("method", "path"), ASKED)
def test_the_plane_is_asked_with_what_the_engine_would_get(world: World, method: str, path: str, prefix: str) -> None:
    for port, host in ((world.own_port(MINE, "admin"), "127.0.0.1"), (world.port("admin"), world.host())):
        for token in ("admin", "full", "member:developer"):
            answer = ask(port, f"{prefix}{path}?x=y", method=method, host=host, token=world.tokens[token], body=BODY)
            assert (answer.status, answer.json["target"]) == (200, f"{prefix}{path}?x=y")
            assert answer.json["body"].encode("latin-1") == BODY
            asked = world.stack.plane.asked[-1]
            assert asked == {"environmentId": f"env_{label(MINE)}", "route": f"{method} {path}", "body": BODY.decode()}


@pytest.mark.parametrize(("method", "path"), ASKED)
def test_what_is_refused_does_not_reach_the_engine(world: World, method: str, path: str) -> None:
    world.stack.plane.verdict = (200, {"admitted": False, "message": "Not there; use a tunnel."})
    before = requests(world)
    answer = call(world, method, path)
    answer.assert_refusal(422)
    assert (answer.json["message"], requests(world)) == ("Not there; use a tunnel.", before)


VERDICTS = [
    (503, {"code": "busy", "message": "x"}), (404, {"code": "not_found", "message": "x"}), (200, {}), (200, []),
    (200, {"admitted": "true"}), (200, {"admitted": None}), (500, {}),
]  # fmt: skip


@pytest.mark.parametrize("verdict", VERDICTS)
def test_without_a_clear_word_nothing_goes_on(world: World, verdict: Any) -> None:
    world.stack.plane.verdict = verdict
    before = requests(world)
    call(world, "POST", "/deployments").assert_refusal(503)
    assert requests(world) == before


@pytest.mark.parametrize(("method", "path"), NOT_ASKED)
def test_everything_else_is_not_asked_about(world: World, method: str, path: str) -> None:
    world.stack.plane.verdict = (200, {"admitted": False, "message": "No."})
    before = len(world.stack.plane.asked)
    assert call(world, method, path, body=b"").status == 200
    assert len(world.stack.plane.asked) == before


def test_who_may_not_is_told_so_without_asking(world: World) -> None:
    before = len(world.stack.plane.asked)
    for token, status in (("ingress", 403), ("member:viewer", 403), ("expired", 401), ("full:2", 403)):
        assert call(world, "POST", "/deployments", token).status == status
    assert len(world.stack.plane.asked) == before


@pytest.mark.parametrize("size", [59_000, 61_000, 200_000])
def test_long_and_chunked_bodies_are_asked_about_too(world: World, size: int) -> None:
    body = json.dumps({"uri": "x" * size}).encode()
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    world.stack.plane.verdict = (200, {"admitted": False, "message": "No."})
    before = requests(world)
    for path in ("/deployments", "/v3/deployments"):
        call(world, "POST", path, body=body).assert_refusal(422)
        headers = [("Transfer-Encoding", "chunked")]
        call(world, "POST", path, body=b"", headers=headers, raw=chunked).assert_refusal(422)
    assert world.stack.plane.asked[-1]["body"] == body.decode()
    assert requests(world) == before


@pytest.mark.parametrize("body", [b"", b"\xff", b"\xed\xa0\x80", b"\x1f\x8b\x08", b"{\x00}"])
def test_a_body_that_is_no_text_does_not_go_on_unseen(world: World, body: bytes) -> None:
    world.stack.plane.verdict = (200, {"admitted": False, "message": "No."})
    before = requests(world)
    call(world, "POST", "/deployments", body=body).assert_refusal(422)
    assert requests(world) == before


def test_a_body_that_is_too_long_is_refused(world: World) -> None:
    before = requests(world)
    assert call(world, "POST", "/deployments", body=b"x" * 300_000).status == 413
    assert requests(world) == before


@pytest.mark.parametrize(
    "path",
    ["/%64eployments", "/deployments/", "//deployments", "/deployments/a/b", "/deployments%0a", "/deployments%3fx",
     "/v5/deployments", "/v2/v3/deployments", "/x/../deployments", "/deployments;x", "/DEPLOYMENTS", "/deployments%00",
     "/.edge/admission", "/.edge/stream"],
)  # fmt: skip
def test_no_spelling_of_a_path_goes_past_the_question(world: World, path: str) -> None:
    before = requests(world)
    for method in ("POST", "PATCH", "PUT"):
        assert call(world, method, path).status in (400, 404)
    assert requests(world) == before


def test_nobody_asks_by_themselves(world: World) -> None:
    before = len(world.stack.plane.asked)
    for token in (None, world.tokens["full"]):
        for port in (world.own_port(MINE, "admin"), world.port("admin")):
            answer = ask(port, "/.edge/admission", method="POST", token=token, host=world.host(), body=b"{}")
            assert answer.status in (401, 403, 404)
    assert len(world.stack.plane.asked) == before


def test_nothing_of_the_caller_goes_along_with_the_question(world: World) -> None:
    call(world, "POST", "/deployments", headers=[("Cookie", "rc_session=x"), ("X-Secret", "y")])
    assert set(world.stack.plane.asked[-1]) == {"environmentId", "route", "body"}


def test_without_the_control_plane_only_new_addresses_wait(stack: Stack) -> None:
    key = stack.add_key(1, "full")
    stack.start()
    stack.plane.stop()
    port = stack.ports_from + 3
    ask(port, "/deployments", method="POST", token=key, body=BODY).assert_refusal(503)
    assert ask(port, "/deployments", token=key).status == 200
    assert ask(stack.ports_from + 2, "/S/h", method="POST", token=key, body=b"{}").status == 200
    stack.kill("edge_agent", group=True)
    ask(port, "/deployments", method="POST", token=key, body=BODY).assert_refusal(503)
    stack.plane.start()
    stack.start_process("edge_agent")
    until(lambda: ask(port, "/deployments", method="POST", token=key, body=BODY).status == 200)


FURTHER = (200, {"admitted": True, "message": None, "reachesFurther": True})


def test_the_node_hears_what_an_engine_may_reach_before_the_engine_is_told(world: World) -> None:
    world.stack.plane.verdict = FURTHER
    heard: list[tuple[str, int]] = []
    before = requests(world)
    with AgentDouble(world.stack.run / "agent.sock", lambda spec: heard.append((spec.label, requests(world)))):
        assert call(world, "POST", "/deployments").status == 200
        world.stack.plane.verdict = (200, {"admitted": True, "message": None})
        assert call(world, "POST", "/deployments").status == 200
    assert heard == [(label(MINE), before)]
    assert requests(world) == before + 2


def test_without_the_node_s_agent_the_call_goes_on(world: World) -> None:
    """The kernel refuses its connections until somebody has told it."""
    world.stack.plane.verdict = FURTHER
    assert call(world, "POST", "/deployments").status == 200


BOUND = (200, {"admitted": True, "message": None, "subscriptions": {"most": 3, "message": "No more than three."}})


def test_an_engine_gets_no_more_subscriptions_than_the_plane_says(world: World) -> None:
    engine = world.stack.engines[label(MINE)]
    world.stack.plane.verdict = BOUND
    try:
        for count, status in ((0, 200), (2, 200), (3, 422), (4, 422), (2, 200)):
            subscribed(engine, count)
            answer = call(world, "POST", "/subscriptions")
            assert answer.status == status, count
            if status == 422:
                assert answer.json["message"] == "No more than three."
                assert engine.asked[-1].startswith("GET "), "it has heard of no other"
    finally:
        engine.canned.clear()


def test_without_the_engines_word_there_is_no_subscription(world: World) -> None:
    engine = world.stack.engines[label(MINE)]
    world.stack.plane.verdict = BOUND
    try:
        for said in (
            b"HTTP/1.1 500 no\r\ncontent-length: 2\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
        ):
            engine.canned["/subscriptions"] = said
            call(world, "POST", "/subscriptions").assert_refusal(503)
            assert engine.asked[-1].startswith("GET ")
    finally:
        engine.canned.clear()


def subscribed(engine: EchoEngine, count: int) -> None:
    """The engine says that it has so many."""
    engine.canned["/subscriptions"] = plain({"subscriptions": [{"id": f"sub_{number}"} for number in range(count)]})


def test_many_that_are_asked_about_at_once_are_counted_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is let through is seen by the next one, though the engine takes its time to show it."""
    for name in ("_SHOWN_SECONDS", "_TURN_SECONDS"):
        monkeypatch.setattr(module, name, 60)
    subscriptions = Subscriptions(tmp_path)
    made: list[int] = []
    monkeypatch.setattr(subscriptions, "_count", lambda _: len(made))

    def one(_: int) -> bool:
        if not subscriptions.have_room("mine", 5):
            return False
        threading.Timer(0.05, made.append, [1]).start()
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(one, range(20))) == 5


def test_what_the_engine_refused_holds_up_nobody_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SHOWN_SECONDS", 0.05)
    subscriptions = Subscriptions(tmp_path)
    monkeypatch.setattr(subscriptions, "_count", lambda _: 0)
    assert [subscriptions.have_room("mine", 1) for _ in range(3)] == [True] * 3


class _Standstill(dict[tuple[str, str], dict[str, str | None]]):
    """Codes of a control plane that takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.over = threading.Event()

    def pop(self, *asked: Any) -> Any:
        self.over.wait()
        return super().pop(*asked)


def test_a_crowd_with_codes_waits_in_a_room_of_its_own_size(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has no credential makes up codes: each that waits takes a thread and two connections of everybody's edge."""
    held = _Standstill()
    monkeypatch.setattr(world.stack.plane, "codes", held)
    way, port = "/.restate-cloud/ui-session?code=" + "7" * 49, world.own_port(MINE, "admin")
    with ThreadPoolExecutor(50) as crowd:
        try:
            answers = [crowd.submit(ask, port, way) for _ in range(50)]
            until(lambda: sum(answer.done() for answer in answers) == 50 - 32)
            assert {answer.result().status for answer in answers if answer.done()} == {503}
        finally:
            held.over.set()
        assert {answer.result().status for answer in answers} == {403, 503}
    ask(port, way).assert_refusal(403)

"""Limits and failures: always JSON, always with what the caller can do about it."""

from __future__ import annotations

import contextlib
import socket

from tests.envrunner.edge.asking import Answer, ask
from tests.envrunner.edge.conftest import ENGINELESS, SLOW, SMALL, World
from tests.envrunner.waiting import until


def call(world: World, number: int, target: str = "/S/h", **more: object) -> Answer:
    return ask(world.port("ingress"), target, host=world.host(number), token=world.tokens[f"full:{number}"], **more)  # type: ignore[arg-type]


def test_a_body_beyond_the_environments_limit(world: World) -> None:
    assert call(world, SMALL, method="POST", body=b"x" * 1000).status == 200
    call(world, SMALL, method="POST", body=b"x" * 1001).assert_refusal(413)
    assert (
        ask(
            world.port("ingress"),
            "/S/h",
            method="POST",
            host=world.host(),
            token=world.tokens["full"],
            body=b"x" * 2_000_000,
        ).json["bodyBytes"]
        == 2_000_000
    )


def test_a_body_beyond_every_limit(world: World) -> None:
    headers = [("Content-Length", str(65 * 1024 * 1024))]
    ask(
        world.port("ingress"), "/S/h", method="POST", host=world.host(), token=world.tokens["full"], headers=headers
    ).assert_refusal(413)


def test_too_many_requests_in_a_second(world: World) -> None:
    def limited() -> Answer | None:
        answers = [call(world, SLOW) for _ in range(8)]
        return next((answer for answer in answers if answer.status == 429), None)

    refused = until(limited)
    refused.assert_refusal(429)
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit-policy"] == '"environment-requests-per-second";q=3;w=1'
    assert refused.headers["ratelimit"] == '"environment-requests-per-second";r=0;t=1'
    assert "no more than 3 requests per second" in refused.json["message"]
    assert until(lambda: call(world, SLOW).status == 200)


def test_a_limit_holds_nobody_else_up(world: World) -> None:
    for _ in range(10):
        call(world, SLOW)
        assert ask(world.port("ingress"), "/S/h", host=world.host(), token=world.tokens["full"]).status == 200


def test_an_engine_that_is_not_there(world: World) -> None:
    answer = call(world, ENGINELESS, method="POST", body=b"{}")
    answer.assert_refusal(503)
    assert answer.headers["retry-after"] == "1"


def test_an_engine_that_dies_is_not_asked_twice(world: World) -> None:
    engine = world.stack.engines[world.host()[:27]]
    for method in ("GET", "POST"):
        before = engine.requests
        answer = ask(world.port("ingress"), "/S/die", method=method, host=world.host(), token=world.tokens["full"])
        answer.assert_refusal(502)
        assert "retry-after" not in answer.headers
        assert engine.requests == before + 1


def test_large_headers_are_refused_in_json(world: World) -> None:
    headers = [("X-Large", "x" * 20_000)]
    ask(world.port("ingress"), "/S/h", host=world.host(), headers=headers).assert_refusal(431)


def test_a_request_that_is_none(world: World) -> None:
    with socket.create_connection(("127.0.0.1", world.stack.ingress)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n")
        answer = connection.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b'"restate_code": null' in answer


def test_a_version_of_http_that_is_none(world: World) -> None:
    with socket.create_connection(("127.0.0.1", world.stack.ingress)) as connection:
        connection.sendall(b"GET / HTTP/3.0\r\nHost: a\r\n\r\n")
        answer = connection.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 505")
    assert b'"restate_code": null' in answer


def test_slow_headers_are_not_waited_for(world: World) -> None:
    with socket.create_connection(("127.0.0.1", world.stack.ingress)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost:")
        connection.settimeout(25)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(65_536) == b""

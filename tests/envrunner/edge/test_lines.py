"""What the edge writes into an environment's log: its refusals and failures, nobody's secrets, nobody else's lines."""

from __future__ import annotations

import fcntl
import http.client
import itertools
import json
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from envrunner.edge import lines as edge_lines
from tests.envrunner.edge.asking import Answer, ask
from tests.envrunner.edge.conftest import ENGINELESS, MINE, NOBODYS, OTHERS, SLOW, SMALL, World
from tests.envrunner.waiting import until

_NUMBERS = itertools.count(200)


def lines(world: World, number: int) -> list[dict[str, Any]]:
    file = world.stack.home / "edge" / "lines" / f"{world.host(number)[:27]}.log"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def line_of(world: World, answer: Answer, number: int) -> dict[str, Any]:
    """The fields of the line about this answer."""
    line = until(lambda: _line_about(world, [answer], number))
    assert line["target"] == "edge"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["timestamp"])
    return dict(line["fields"]) | {"level": line["level"]}


def _line_about(world: World, answers: list[Answer], number: int) -> dict[str, Any] | None:
    wanted = {answer.headers["x-request-id"] for answer in answers}
    return next((one for one in lines(world, number) if one["fields"].get("requestId") in wanted), None)


def told(world: World, send: Callable[[], Answer], number: int) -> tuple[Answer, dict[str, Any]]:
    """Of an environment that all tests share: what was asked of it in the same second counts, so it is asked again."""
    answers: list[Answer] = []

    def again() -> dict[str, Any] | None:
        answers.append(send())
        return _line_about(world, answers, number)

    found = until(again)
    line = found["fields"] | {"level": found["level"]}
    return next(one for one in answers if one.headers["x-request-id"] == line["requestId"]), line


@pytest.fixture
def mine(world: World) -> int:
    """An environment of the test's own: how many lines one may cause is counted by environment."""
    number = next(_NUMBERS)
    world.stack.add_environment(number, engine=False, ingressPort=None, adminPort=None)
    world.tokens[f"full:{number}"] = world.stack.add_key(number, "full")
    world.tokens[f"ingress:{number}"] = world.stack.add_key(number, "ingress")
    world.stack.wait_applied()
    return number


def test_a_refusal_is_told_with_its_reason(world: World, mine: int) -> None:
    answer = ask(world.port("ingress"), "/S/h?secret=q1", method="POST", host=world.host(mine), token="nobody's")
    line = line_of(world, answer, mine)
    assert line["message"] == f"POST /S/h?*** 401: {answer.json['message']}"
    assert (line["status"], line["method"], line["path"]) == (401, "POST", "/S/h?***")
    assert line["reason"] == answer.json["message"]
    assert (line["client"], line["level"]) == ("127.0.0.1", "WARN")
    assert line["durationMs"] >= 0
    assert {"apiKey", "user", "workload"} & line.keys() == set()


def test_who_asked_is_told_of_the_environments_own_callers_only(world: World, mine: int) -> None:
    admin = world.port("admin")

    def line(token: str, port: int = admin, target: str = "/deployments", method: str = "DELETE") -> dict[str, Any]:
        return line_of(world, ask(port, target, method=method, host=world.host(mine), token=world.tokens[token]), mine)

    assert line(f"ingress:{mine}")["apiKey"] == f"key_ingress{mine}"
    assert line("member:viewer", target="/deployments/dp_1")["user"] == "usr_viewer"
    stranger = line(f"full:{OTHERS}", port=world.port("ingress"))
    assert stranger["status"] == 403
    assert "key_" not in json.dumps(stranger)
    assert not any(world.host(mine)[:27] in json.dumps(one) for one in lines(world, OTHERS))


def test_what_nginx_itself_refuses_or_fails_at_is_told(world: World) -> None:
    def call(target: str, number: int = MINE, **more: Any) -> dict[str, Any]:
        token = world.tokens["full" if number == MINE else f"full:{number}"]
        answer, line = told(
            world, lambda: ask(world.port("ingress"), target, host=world.host(number), token=token, **more), number
        )
        assert (line["status"], line["reason"]) == (answer.status, answer.json["message"])
        assert line["apiKey"] == f"key_full{number}"
        return line

    assert call("/S/die", method="POST")["level"] == "ERROR"
    assert call("/S/h", ENGINELESS, method="POST", body=b"{}")["status"] == 503
    assert call("/S/h", SMALL, method="POST", body=b"x" * 1001)["status"] == 413
    beyond = [("Content-Length", str(65 * 1024 * 1024))]
    assert call("/S/h", method="POST", headers=beyond)["status"] == 413


def test_a_limit_that_refuses_is_told(world: World) -> None:
    def limited() -> Answer | None:
        answers = [
            ask(world.port("ingress"), "/S/h", host=world.host(SLOW), token=world.tokens[f"full:{SLOW}"])
            for _ in range(8)
        ]
        return next((answer for answer in answers if answer.status == 429), None)

    assert told(world, lambda: until(limited), SLOW)[1]["reason"].startswith(
        "This environment takes no more than 3 requests"
    )


def test_what_an_environment_answers_itself_is_no_refusal(world: World) -> None:
    answers = [
        ask(world.port("ingress"), "/S/h", host=world.host(), token=world.tokens["full"]),
        ask(world.port("ingress"), "/S/teapot", host=world.host(), token=world.tokens["full"]),
        ask(world.port("admin"), "/services", host=world.host(), token=world.tokens["member:owner"]),
    ]
    told(world, lambda: ask(world.port("ingress"), "/S/h", host=world.host()), MINE)
    written = {one["fields"].get("requestId") for one in lines(world, MINE)}
    assert written & {answer.headers["x-request-id"] for answer in answers} == set()


def test_an_environments_own_port_tells_its_environment(world: World) -> None:
    port = world.own_port(OTHERS, "ingress")
    answer, line = told(world, lambda: ask(port, "/S/h", host=world.host(), token=world.tokens["full"]), OTHERS)
    assert line["status"] == 403
    assert not any(answer.headers["x-request-id"] in json.dumps(one) for one in lines(world, MINE))


def test_of_hosts_that_are_nobodys_nothing_is_written(world: World, mine: int) -> None:
    for host in (world.host(NOBODYS), "x", "../../../../tmp/x", "%2e%2e.env.x", f"{'0' * 26}/.env.x"):
        ask(world.port("ingress"), "/S/h", host=host)
    line_of(world, ask(world.port("ingress"), "/S/h", host=world.host(mine)), mine)
    names = {file.name for file in (world.stack.home / "edge" / "lines").iterdir()}
    assert all(re.fullmatch(r"[0-9a-z]{27}\.log", name) for name in names)
    assert f"{world.host(NOBODYS)[:27]}.log" not in names


HOSTILE = [
    "/S/\\x0aWARN", "/S/%0d%0aWARN%1b[31m", '/S/"},{"level":"ERROR', "/S/\x9b[2J", "/S/h\xe9", "/" + "a" * 1500,
]  # fmt: skip


@pytest.mark.parametrize("target", HOSTILE)
def test_a_callers_words_cannot_leave_their_line(world: World, mine: int, target: str) -> None:
    fields = f"Host: {world.host(mine)}\r\nUser-Agent: \x1b[31m\r\nX-Request-Id: chosen\r\nConnection: close\r\n\r\n"
    head = f"GET {target} HTTP/1.1\r\n{fields}"
    with socket.create_connection(("127.0.0.1", world.stack.ingress)) as connection:
        connection.sendall(head.encode("latin-1"))
        while connection.recv(65_536):
            pass
    file = world.stack.home / "edge" / "lines" / f"{world.host(mine)[:27]}.log"
    written = until(lambda: file.read_bytes() if file.exists() else None)
    assert written.count(b"\n") == 1
    assert len(written) < 2000
    assert all(0x20 <= byte < 0x7F for byte in written[:-1])
    assert b"chosen" not in written
    assert json.loads(written)["fields"]["reason"].endswith(".")


def test_credentials_that_stand_in_a_path_are_not_shown(world: World, mine: int) -> None:
    key, token = world.tokens["full"], world.tokens["member:owner"]
    for secret in (key, token, key.replace(".", "%2e")):
        answer = ask(world.port("ingress"), f"/S/{secret}/h?token={secret}", host=world.host(mine))
        written = json.dumps(line_of(world, answer, mine))
        assert secret not in written
        assert secret[-9:] not in written


def test_a_flood_of_strangers_is_bounded_and_hides_no_caller(world: World, mine: int) -> None:
    began = time.monotonic()
    for _ in range(100):
        ask(world.port("ingress"), "/S/h", host=world.host(mine))
    seconds = time.monotonic() - began
    own = ask(world.port("admin"), "/deployments", host=world.host(mine), token=world.tokens[f"ingress:{mine}"])
    line_of(world, own, mine)
    written = [one["fields"] for one in lines(world, mine)]
    remarks = [one["message"] for one in written if "left out" in one["message"]]
    # At most ten in each second that it took or touched, and the caller's own.
    assert len(written) - len(remarks) <= 10 * (seconds + 2) + 1
    # nginx answers before it logs, and two workers do not wait for each other.
    assert 95 <= sum(int(one.split()[0]) for one in remarks) + len(written) - len(remarks) <= 101


def test_a_file_that_nobody_takes_does_not_grow_for_ever(world: World, mine: int) -> None:
    file = world.stack.home / "edge" / "lines" / f"{world.host(mine)[:27]}.log"
    line_of(world, ask(world.port("ingress"), "/S/h", host=world.host(mine)), mine)
    with file.open("ab") as full:
        # The agent puts a large file aside within a second, unless somebody reads it.
        fcntl.flock(full, fcntl.LOCK_SH)
        full.write(b"{}\n" * 200_000)
        full.flush()
        size = file.stat().st_size
        ask(world.port("ingress"), "/S/h", host=world.host(mine)).assert_refusal(401)
        told(world, lambda: ask(world.port("ingress"), "/S/h", host=world.host(OTHERS)), OTHERS)
        assert file.stat().st_size == size


def test_a_gone_environments_lines_go_and_large_files_are_rotated(tmp_path: Path) -> None:
    gone, kept = tmp_path / f"{'0' * 27}.log", tmp_path / f"{'1' * 27}.log"
    for path in (gone, gone.with_name(f"{gone.name}.1"), kept):
        path.write_bytes(b"x" * 300_000)
    edge_lines.forget(tmp_path, {"1" * 27})
    edge_lines.rotate(tmp_path)
    edge_lines.rotate(tmp_path / "missing")
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert sizes == {kept.name: 0, f"{kept.name}.1": 300_000}


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/services/S/state"), ("POST", "/v3/services/S/state"), ("DELETE", "/deployments/dp_1")],
)
def test_where_only_the_status_line_is_shown_it_has_the_reason(world: World, mine: int, method: str, path: str) -> None:
    def reply(host: str, path: str, token: str, port: int) -> tuple[int, str, dict[str, str], dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        headers = {"Host": host, "Authorization": f"Bearer {token}", "X-Sentence": "mine"}
        connection.request(method, path, body=b"{}", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.reason, json.loads(answer.read()), dict(answer.headers)

    viewer, admin = world.tokens["member:viewer"], world.port("admin")
    status, phrase, body, headers = reply(world.host(mine), path, viewer, admin)
    assert (status, phrase) == (403, "The role of this API key or member does not allow this request.")
    assert body == {"message": phrase, "restate_code": None}
    assert headers["Content-Type"] == "application/json"
    assert len(headers["X-Request-Id"]) == 32
    assert until(lambda: [one for one in lines(world, mine) if one["fields"]["reason"] == phrase])
    # Whoever is a stranger is told so as ever, and so is who calls a service of that name.
    assert reply(world.host(mine), path, world.tokens[f"full:{OTHERS}"], admin)[1] == "Forbidden"
    token = world.tokens["complete_awakeable"]
    assert reply(world.host(), path, token, world.port("ingress"))[:2] == (403, "Forbidden")


def test_what_the_guard_answers_is_told_and_no_engine_can_pretend_to_be_it(world: World) -> None:
    owner = world.tokens["member:owner"]
    away, line = told(
        world, lambda: ask(world.port("admin"), "/health", host=world.host(ENGINELESS), token=owner), ENGINELESS
    )
    assert away.status == 503
    assert (line["user"], line["reason"]) == ("usr_owner", away.json["message"])
    engine = world.stack.engines[world.host()[:27]]
    # It knows neither the token nor its digest.
    for number, one in enumerate(("-", "", "*")):
        head = (
            f"HTTP/1.1 403 Forbidden\r\nX-Edge-Reason: {one} forged\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        engine.canned[f"/S/forged{number}"] = head.encode()
        forged = ask(world.port("ingress"), f"/S/forged{number}", host=world.host(), token=owner)
        assert forged.status == 403
    for answer in (away, forged):
        assert "x-edge-reason" not in answer.headers
    told(world, lambda: ask(world.port("ingress"), "/S/h", host=world.host()), MINE)
    assert "forged" not in json.dumps(lines(world, MINE))

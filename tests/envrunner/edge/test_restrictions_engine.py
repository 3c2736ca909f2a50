"""What a real engine makes of the paths that a restricted key gets past the edge: it reaches what is allowed only."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.envrunner import nodes
from tests.envrunner.edge.prior import Plain, Stock
from tests.envrunner.edge.stack import Stack, label
from tests.envrunner.engines import Engine
from tests.envrunner.specs import spec
from tests.support import services
from tests.support.services import Service
from tests.support.waiting import until

Reached = tuple[str, str | None, str]

PATHS = Path(__file__).with_name("confusing_paths.txt").read_text().split()
METHODS = ("POST", "GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
BODIES = (b'{"service":"Secret","handler":"greet"}', b'{"type":"workflow","name":"Hidden","key":"h"}')
HEADERS = (
    "x-http-method-override: GET\r\nx-original-url: /Greeter/greet\r\n",
    "x-rewrite-url: /Secret/greet\r\nx-forwarded-prefix: /Secret\r\nx-original-url: /Secret/greet\r\n",
    "idempotency-key: i1\r\nidempotency-key: i2\r\n",
)
POLICIES: dict[str, tuple[dict[str, Any], Callable[[Reached], bool]]] = {
    "services": ({"services": ["Greeter"]}, lambda it: it[0] == "Greeter"),
    "prefix": ({"services": ["Gr*", "Cou*"]}, lambda it: it[0] in ("Greeter", "Counter")),
    "handlers": (
        {"handlers": ["Greeter/greet", "Counter/*/add", "Flow/*/run"]},
        lambda it: (it[0], it[2]) in {("Greeter", "greet"), ("Counter", "add"), ("Flow", "run")},
    ),
    "keys": ({"objectKeys": ["t-7-*"]}, lambda it: it[1] is not None and it[1].startswith("t-7-")),
    "keys of one": (
        {"services": ["Counter"], "objectKeys": ["t-7-*"], "methods": ["POST", "GET"]},
        lambda it: it[0] == "Counter" and it[1] is not None and it[1].startswith("t-7-"),
    ),
    "reading": ({"readOnly": True}, lambda _: False),
}


@dataclass
class Lab:
    stack: Stack
    engine: Engine
    service: Service

    def reached(self) -> set[Reached]:
        """By everything that was asked for since it was asked last."""
        undone = "select count(*) as n from sys_invocation where status <> 'completed'"
        until(lambda: self.engine.sql(undone) == [{"n": 0}], 60)
        lines, self.seen = self.service.effects()[self.seen :], len(self.service.effects())
        return {tuple(json.loads(line)) for line in lines}

    seen: int = 0

    def key(self, **restrictions: Any) -> str:
        """Of role ingress, once the edge knows it."""
        secret = f"e{len(restrictions)}{'x'.join(restrictions)}"
        token = self.stack.add_key(1, "ingress", secret=secret, restrictions=restrictions or None)
        self.stack.wait_applied()
        return token


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with contextlib.ExitStack() as held:
        service = held.enter_context(services.reached(tmp_path_factory.mktemp("service"), []))
        node = held.enter_context(nodes.node())
        engine = Engine(node, spec(1))
        node.settle(engine.spec)
        engine.admin("POST", "/deployments", {"uri": service.url})
        stack = Stack()
        held.callback(stack.stop)
        stack.add_environment(1, engine=False)
        node.home.chmod(0o711)
        (stack.run / "e").mkdir(mode=0o711)
        (stack.run / "e" / label(1)).symlink_to(node.settings.sockets_dir / label(1))
        made = Lab(stack, engine, service)
        # What others have done already: a result that somebody may want to read.
        until(lambda: engine.ask("i", "POST", "/Hidden/h/run", None).status_code == 200)
        engine.ask("i", "POST", "/Flow/t-8-w/run", None)
        stack.start()
        yield made


def ask(lab: Lab, token: str, method: str, target: str, body: bytes = b"", more: str = "") -> bytes:
    """The whole answer; what closes the connection unanswered is an answer, too."""
    head = f"{method} {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
    head += f"{more}Content-Length: {len(body)}\r\n\r\n"
    answer = b""
    with socket.create_connection(("127.0.0.1", lab.stack.ports_from + 2), timeout=20) as connection:
        connection.sendall(head.encode() + body)
        with contextlib.suppress(ConnectionError):
            while piece := connection.recv(65_536):
                answer += piece
    return answer


def ask_http2(lab: Lab, token: str, requests: list[list[tuple[str, str]]], kind: type[Plain]) -> list[bytes]:
    """One connection each; some may not be sent at all."""

    async def one(fields: list[tuple[str, str]]) -> bytes:
        async with kind() as client:
            await client.reach(lab.stack.ports_from + 2)
            client.h2.config.validate_outbound_headers = client.h2.config.normalize_outbound_headers = False
            number = client.h2.get_next_available_stream_id()
            client.h2.send_headers(number, [*fields, ("authorization", f"Bearer {token}")], end_stream=True)
            client.send()
            return bytes((await client.ended(number)).body)

    async def scenario() -> list[bytes]:
        done = await asyncio.gather(*(asyncio.wait_for(one(fields), 10) for fields in requests), return_exceptions=True)
        return [answer for answer in done if isinstance(answer, bytes)]

    return asyncio.run(scenario())


def pseudo(method: str, path: str, authority: str = "x") -> list[tuple[str, str]]:
    return [(":method", method), (":scheme", "http"), (":path", path), (":authority", authority)]


def told(answer: bytes) -> list[Reached]:
    """Of which handler's result an answer tells."""
    body = answer.partition(b"\r\n\r\n")[2] or answer
    with contextlib.suppress(ValueError, TypeError):
        found = json.loads(json.loads(body))
        return [tuple(found)]
    return []


def everything(lab: Lab, token: str) -> list[bytes]:
    answers = [ask(lab, token, method, path) for path in PATHS for method in METHODS[: 7 if len(path) < 20 else 2]]
    answers += [ask(lab, token, "POST", path, b"", more) for path in PATHS[:30] for more in HEADERS]
    targets = [f"http://{host}{path}" for path in PATHS[:12] for host in ("x", "Secret", "")]
    answers += [
        ask(lab, token, "POST", target)
        for target in [*targets, "*", "Secret/greet", "http:/Secret/greet", "//x/Secret/greet"]
    ]
    answers += [
        ask(lab, token, "POST", f"/restate/{verb}", body) for verb in ("lookup", "attach", "output") for body in BODIES
    ]
    streams = [pseudo("POST", path) for path in PATHS if "#" not in path][::3]
    streams += [pseudo("POST", "/Greeter/greet", "/Secret/greet"), pseudo("POST", "*"), pseudo("POST", "Secret/greet")]
    streams += [
        [*pseudo("POST", "/Greeter/greet"), (":path", "/Secret/greet")],
        pseudo("POST", "http://x/Secret/greet"),
    ]
    for kind in (Plain, Stock):
        answers += ask_http2(lab, token, streams, kind)
    return answers


def test_the_requests_reach_what_they_aim_at(lab: Lab) -> None:
    """Else those below would show nothing."""
    answers = everything(lab, lab.key())
    reached = lab.reached()
    assert {("Secret", None, "greet"), ("Greeter", None, "other"), ("Counter", "t-8-a", "add")} <= reached
    assert {("Counter", "t-7-a/../t-8-a", "add"), ("Counter", "é", "add"), ("Vault", "t-8-a", "greet")} <= reached
    assert ("Hidden", "h", "run") in [one for answer in answers for one in told(answer)]
    assert any(b'"services":[' in answer for answer in answers)
    for kind in (Plain, Stock):
        (answer,) = ask_http2(lab, lab.key(), [pseudo("POST", "/Secret/greet")], kind)
        assert told(answer) == [("Secret", None, "greet")], answer
    assert lab.reached() == {("Secret", None, "greet")}


@pytest.mark.parametrize("name", POLICIES)
def test_a_restricted_key_reaches_what_it_may_and_nothing_else(lab: Lab, name: str) -> None:
    restrictions, allowed = POLICIES[name]
    answers = everything(lab, lab.key(**restrictions))
    reached = lab.reached()
    assert [one for one in reached if not allowed(one)] == []
    assert bool(reached) == (name != "reading")
    if name != "reading":
        assert [one for answer in answers for one in told(answer) if not allowed(one)] == []
        assert not any(b'"services":[' in answer for answer in answers)

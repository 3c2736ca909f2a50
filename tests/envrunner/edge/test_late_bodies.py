"""What is judged by its body is judged once more when that has come: the right may have ended meanwhile."""

from __future__ import annotations

import http.client
import socket

import pytest

from tests.envrunner.edge.conftest import MINE, World
from tests.envrunner.edge.stack import digest, label


@pytest.mark.parametrize("path", ["/query", "/v3/query", "/deployments", "/subscriptions"])
def test_a_key_revoked_while_the_body_comes(world: World, path: str) -> None:
    stack = world.stack
    token = stack.add_key(MINE, "full", secret=f"late{path.replace('/', '-')}")
    stack.wait_applied()
    body = b'{"query": "SELECT 1"}' if path.endswith("query") else b'{"uri": "http://10.0.0.1"}'
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    before = stack.engines[label(MINE)].requests
    with socket.create_connection(("127.0.0.1", world.own_port(MINE, "admin")), timeout=20) as call:
        call.sendall(head.encode() + body[:10])
        stack.plane.change("principals", digest(token), None)
        stack.wait_applied()
        call.sendall(body[10:])
        answer = http.client.HTTPResponse(call)
        answer.begin()
        assert answer.status == 401, answer.read()
    assert stack.engines[label(MINE)].requests == before

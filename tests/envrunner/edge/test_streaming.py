"""Bytes pass as they come, in both directions, over HTTP/1.1 and HTTP/2."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
from typing import Any

import pytest

from tests.envrunner.edge.asking import ask
from tests.envrunner.edge.conftest import World
from tests.envrunner.edge.echo_engine import EchoEngine


def engine_of(world: World) -> EchoEngine:
    return world.stack.engines[world.host()[:27]]


@pytest.mark.parametrize(("side", "request_line"), [("ingress", "POST /S/upload"), ("admin", "PATCH /services/upload")])
def test_an_upload_reaches_the_engine_before_it_ends(world: World, side: str, request_line: str) -> None:
    received = engine_of(world).received
    head = (
        f"{request_line} HTTP/1.1\r\nHost: {world.host()}\r\nAuthorization: Bearer {world.tokens['full']}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", world.port(side)), timeout=20) as connection:
        connection.sendall(head.encode())
        for chunk in (b"first", b"second"):
            connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            assert received.get(timeout=20) == chunk
        connection.sendall(b"0\r\n\r\n")
        assert received.get(timeout=20) == b""
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")


def spooled(world: World) -> str:
    """What nginx says when it writes a body to a file."""
    log = (world.stack.home / "logs" / "edge-error.log").read_text()
    return "\n".join(line for line in log.splitlines() if "temporary file" in line)


@pytest.mark.parametrize(
    ("side", "target", "status"),
    [
        ("ingress", "/S/h", 200),
        ("ingress", "/.edge/x", 404),
        ("ingress", "/.edge/stream", 404),
        ("admin", "/services/s/state", 200),
        ("admin", "/v3/services/s/state", 200),
        ("admin", "/deployments", 413),
        ("admin", "/v3/deployments", 413),
        ("admin", "/query", 413),
        ("admin", "/v3/query", 413),
        ("admin", "//query", 404),
        ("admin", "/v4/v3/query", 404),
    ],
)
@pytest.mark.parametrize("length_is_known", [True, False])
def test_no_long_body_is_kept_at_the_edge(
    world: World, side: str, target: str, status: int, length_is_known: bool
) -> None:
    body = json.dumps({"query": "select 1", "x": "x" * 300_000}).encode()
    how: dict[str, Any] = {"body": body}
    if not length_is_known:
        chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        how = {"raw": chunk, "headers": [("Transfer-Encoding", "chunked")]}
    answer = ask(world.port(side), target, method="POST", host=world.host(), token=world.tokens["full"], **how)
    assert answer.status == status, answer
    assert not spooled(world)


def get_with_body(world: World, length: int) -> str:
    """The status of an HTTP/2 GET with a body whose length is not told."""
    url = f"http://127.0.0.1:{world.own_port(1, 'ingress')}/S/h"
    options = ["-sS", "--http2-prior-knowledge", "-X", "GET", "-H", "Content-Length:", "--data-binary", "@-"]
    options += ["-H", f"Authorization: Bearer {world.tokens['full']}", "-o", "/dev/null", "-w", "%{http_code}"]
    done = subprocess.run(["curl", *options, url], input="x" * length, capture_output=True, text=True, check=False)
    return done.stdout


def test_no_long_body_of_a_get_is_kept_at_the_edge(world: World) -> None:
    # Fits into the first window: nothing is left unread, which would end the connection and the answer with it.
    assert get_with_body(world, 62_000) == "413"
    before = engine_of(world).requests
    get_with_body(world, 300_000)
    assert engine_of(world).requests == before
    assert not spooled(world)


@pytest.mark.parametrize("role", ["complete_awakeable", "admin", "unknown"])
@pytest.mark.parametrize("transfer", ["Transfer-Encoding: chunked", "Content-Length: 100000"])
def test_what_is_handed_over_with_a_streaming_body_is_refused_in_words(world: World, role: str, transfer: str) -> None:
    url = f"http://127.0.0.1:{world.own_port(1, 'ingress')}/S/h"
    token = world.tokens.get(role, "key_unknown.x")
    options = ["-sS", "-X", "POST", "-H", transfer, "--data-binary", "@-", "-H", "Expect: 100-continue"]
    options += ["-H", f"Authorization: Bearer {token}", "-w", "\n%{http_code}"]
    done = subprocess.run(["curl", *options, url], input="x" * 100_000, capture_output=True, text=True, check=False)
    body, status = done.stdout.rsplit("\n", 1)
    assert status == ("401" if role == "unknown" else "403")
    assert json.loads(body)["restate_code"] is None


def test_an_answer_reaches_the_caller_before_it_ends(world: World) -> None:
    to_send = engine_of(world).to_send
    connection = http.client.HTTPConnection("127.0.0.1", world.own_port(1, "admin"), timeout=20)
    to_send.put(b"first")
    connection.request("GET", "/ui/stream", headers={"Authorization": f"Bearer {world.tokens['full']}"})
    response = connection.getresponse()
    assert response.getheader("content-type") == "application/x-ndjson"
    assert response.read1(100) == b"first"
    to_send.put(b"second")
    assert response.read1(100) == b"second"
    to_send.put(None)
    assert response.read() == b""
    connection.close()


@pytest.mark.parametrize("body", [None, "x" * 100_000])
def test_http2_prior_knowledge(world: World, body: str | None) -> None:
    url = f"http://127.0.0.1:{world.own_port(1, 'ingress')}/S/a%2Fb/h"
    options = ["-sS", "--http2-prior-knowledge", "-w", "\n%{http_version} %{http_code}", "-H", "X-HTTP: 2"]
    options += ["-H", f"Authorization: Bearer {world.tokens['full']}", *(["--data-binary", "@-"] if body else [])]
    done = subprocess.run(["curl", *options, url], input=body or "", capture_output=True, text=True, check=True)
    document, _, version = done.stdout.rpartition("\n")
    assert version == "2 200"
    assert json.loads(document)["target"] == "/S/a%2Fb/h"
    assert json.loads(document)["bodyBytes"] == len(body or "")


def test_http2_by_host_and_its_refusals(world: World) -> None:
    options = ["-sS", "--http2-prior-knowledge", "-w", "\n%{http_version} %{http_code}", "-H", f"Host: {world.host()}"]
    url = f"http://127.0.0.1:{world.stack.ingress}/S/h"
    refused = subprocess.run(["curl", *options, url], capture_output=True, text=True, check=True).stdout
    assert refused.endswith("\n2 401")
    token = ["-H", f"Authorization: Bearer {world.tokens['ingress']}"]
    assert subprocess.run(["curl", *options, *token, url], capture_output=True, text=True, check=True).stdout.endswith(
        "\n2 200"
    )

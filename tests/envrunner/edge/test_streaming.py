"""Bytes pass as they come, in both directions, over HTTP/1.1 and HTTP/2."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess

import pytest

from tests.envrunner.edge.conftest import World
from tests.envrunner.edge.echo_engine import EchoEngine


def engine_of(world: World) -> EchoEngine:
    return world.stack.engines[world.host()[:27]]


def test_an_upload_reaches_the_engine_before_it_ends(world: World) -> None:
    received = engine_of(world).received
    head = (
        f"POST /S/upload HTTP/1.1\r\nHost: {world.host()}\r\nAuthorization: Bearer {world.tokens['full']}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", world.stack.ingress), timeout=20) as connection:
        connection.sendall(head.encode())
        for chunk in (b"first", b"second"):
            connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            assert received.get(timeout=20) == chunk
        connection.sendall(b"0\r\n\r\n")
        assert received.get(timeout=20) == b""
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")


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

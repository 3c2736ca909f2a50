"""Viewers see which headers an engine adds to its calls, and never with which values."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from envrunner.guard import masking
from tests.envrunner.edge.asking import Answer, ask
from tests.envrunner.edge.canned import chunked, plain
from tests.envrunner.edge.echo_engine import EchoEngine
from tests.envrunner.edge.stack import Stack, label
from tests.support.waiting import until

SECRET = "Bearer topsecret"
ONE = {
    "id": "dp_1",
    "uri": "https://service.example.com/",
    "additional_headers": {"authorization": SECRET, "x-team": SECRET},
    "metadata": {"team": "payments"},
}
LIST, SINGLE = {"deployments": [ONE, {"id": "dp_2", "additional_headers": {}}]}, {**ONE, "services": []}
PATHS = ["/deployments", "/deployments/dp_1"]
VERSIONS = ["", "/v2", "/v3", "/v4"]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    made = Stack()
    try:
        made.add_environment(1)
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def engine(stack: Stack) -> Iterator[EchoEngine]:
    found = stack.engines[label(1)]
    found.canned = {
        f"{version}{path}": chunked(LIST if path == PATHS[0] else SINGLE) for version in VERSIONS for path in PATHS
    }
    found.asked.clear()
    yield found
    found.canned = {}


@pytest.fixture(scope="module")
def tokens(stack: Stack) -> dict[str, str]:
    made = {role: stack.add_member(f"usr_{role}", role) for role in ("viewer", "developer", "admin", "owner")}
    made["key"] = stack.add_key(1, "admin")
    made["viewing job"], made["deploying job"] = (
        stack.add_workload(1, one, "usr_owner") for one in ("viewer", "admin")
    )
    stack.wait_applied()
    return made


def asked(stack: Stack, path: str, token: str, **more: Any) -> Answer:
    return ask(stack.ports_from + 3, path, token=token, **more)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", ["", "?", "?verbose=true", "?x=/ui/", "?/query"])
def test_names_without_values(
    stack: Stack, engine: EchoEngine, tokens: dict[str, str], version: str, path: str, query: str
) -> None:
    answer = asked(stack, f"{version}{path}{query}", tokens["viewer"])

    assert engine.asked
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    found = answer.json["deployments"][0] if path == PATHS[0] else answer.json
    assert found["additional_headers"] == {"authorization": "***", "x-team": "***"}
    assert {name: found[name] for name in ("id", "uri", "metadata")} == {
        name: ONE[name] for name in ("id", "uri", "metadata")
    }
    assert b"topsecret" not in answer.body


@pytest.mark.parametrize("path", PATHS)
def test_a_job_that_may_look_sees_no_more_than_a_viewer(
    stack: Stack, engine: EchoEngine, tokens: dict[str, str], path: str
) -> None:
    answer = asked(stack, path, tokens["viewing job"])
    assert (answer.status, b"topsecret" in answer.body, b"***" in answer.body) == (200, False, True)


@pytest.mark.parametrize("who", ["developer", "admin", "owner", "key", "deploying job"])
@pytest.mark.parametrize("path", PATHS)
def test_whoever_may_change_them_sees_them(
    stack: Stack, engine: EchoEngine, tokens: dict[str, str], who: str, path: str
) -> None:
    assert asked(stack, path, tokens[who], headers=[("accept-encoding", "gzip")]).body.count(b"topsecret") == 2
    assert "gzip" in engine.asked[0]


@pytest.mark.parametrize("names", [["Accept-Encoding"], ["accept-encoding", "ACCEPT-ENCODING"]])
def test_nobody_has_it_compressed(stack: Stack, engine: EchoEngine, tokens: dict[str, str], names: list[str]) -> None:
    answer = asked(stack, PATHS[0], tokens["viewer"], headers=[(name, "gzip, br, zstd") for name in names])
    assert b"topsecret" not in answer.body
    assert "encoding" not in engine.asked[0].lower()


@pytest.mark.parametrize(
    "canned",
    [
        plain(gzip.compress(json.dumps(LIST).encode()), "200 OK", "content-encoding: gzip"),
        plain(f"deployments: {SECRET}".encode()),
        plain(b'{"deployments": [{"additional_headers": {"authorization": "' + SECRET.encode() + b'"'),
        plain(LIST)[:-20],
        chunked(LIST)[:-20],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n" + SECRET.encode(),
        b"[" * 100_000,
        plain(b"[" * 100_000 + SECRET.encode()),
        plain(b'{"n": ' + b"1" * 5000 + b', "additional_headers": {"a": "topsecret"}}'),
        plain(b"x" * masking.MOST_BYTES + SECRET.encode()),
        SECRET.encode(),
    ],
    ids=range(11),
)  # fmt: skip
def test_what_cannot_be_read_is_not_shown(
    stack: Stack, engine: EchoEngine, tokens: dict[str, str], canned: bytes
) -> None:
    engine.canned["/deployments"] = canned
    answer = asked(stack, "/deployments", tokens["viewer"])
    assert answer.status == 502
    assert b"topsecret" not in answer.body
    assert answer.json["message"].endswith(("viewers.", "again.", "id."))


def test_errors_are_passed_on_and_masked(stack: Stack, engine: EchoEngine, tokens: dict[str, str]) -> None:
    engine.canned["/deployments/a"] = plain(
        {"message": "no", "seen": [{"Additional-Headers": {"a": SECRET}}]}, "404 No"
    )
    engine.canned["/deployments/b"] = plain(b"Invalid URL: bad length", "400 Bad Request")
    first, second = (asked(stack, f"/deployments/{name}", tokens["viewer"]) for name in "ab")
    assert (first.status, first.json) == (404, {"message": "no", "seen": [{"Additional-Headers": {"a": "***"}}]})
    assert (second.status, second.body) == (400, b"Invalid URL: bad length")


def test_an_empty_answer_stays_empty(stack: Stack, engine: EchoEngine, tokens: dict[str, str]) -> None:
    engine.canned["/health"] = plain(b"")
    answer = asked(stack, "/health", tokens["viewer"])
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("headers", [SECRET, [["authorization", SECRET]], 7, [SECRET]])
def test_another_shape_is_hidden_as_a_whole(
    stack: Stack, engine: EchoEngine, tokens: dict[str, str], headers: object
) -> None:
    engine.canned["/deployments"] = plain({"deployments": [{"deployment": {"additionalHeaders": headers}}]})
    answer = asked(stack, "/deployments", tokens["viewer"])
    assert answer.json == {"deployments": [{"deployment": {"additionalHeaders": "***"}}]}


def test_a_thousand_deployments(stack: Stack, engine: EchoEngine, tokens: dict[str, str]) -> None:
    engine.canned["/deployments"] = chunked({"deployments": [ONE] * 10_000}, 65_536)
    answer = asked(stack, "/deployments", tokens["viewer"])
    assert len(answer.json["deployments"]) == 10_000
    assert b"topsecret" not in answer.body


def test_who_does_not_read_large_answers_takes_no_more_than_a_share(
    stack: Stack, engine: EchoEngine, tokens: dict[str, str]
) -> None:
    large = {"deployments": [ONE], "more": "x" * 10_000_000}
    engine.canned["/deployments"] = plain(large)
    stack.add_environment(2, accountId="acc_2")
    others = stack.engines[label(2)]
    token = stack.add_member("usr_other", "viewer", "acc_2")
    stack.wait_applied()
    others.canned = {"/deployments": plain(large)}
    one = f"GET /deployments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {tokens['viewer']}\r\n\r\n"
    with contextlib.ExitStack() as slow:
        for _ in range(2):
            client = slow.enter_context(socket.socket())
            # Else the kernel might take a whole answer on its own account.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(20)
            client.connect(("127.0.0.1", stack.ports_from + 3))
            client.sendall(one.encode())
            assert client.recv(12) == b"HTTP/1.1 200"
        refused = asked(stack, "/deployments", tokens["viewer"])
        refused.assert_refusal(503)
        assert refused.headers["retry-after"] == "1"
        # What is small is shown all the same, and so is what is another's.
        assert asked(stack, "/deployments/dp_1", tokens["viewer"]).status == 200
        assert ask(stack.ports_from + 5, "/deployments", token=token).status == 200
    until(lambda: asked(stack, "/deployments", tokens["viewer"]).status == 200)


def test_head_tells_no_length_of_what_is_hidden(stack: Stack, engine: EchoEngine, tokens: dict[str, str]) -> None:
    engine.canned["/deployments"] = plain(LIST)
    answer = asked(stack, "/deployments", tokens["viewer"], method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers.get("content-length") != str(len(json.dumps(LIST)))


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
@pytest.mark.parametrize("target", ["/deployments", "http://x/deployments", "http://x/v3/deployments?a=/ui/"])
def test_however_it_is_asked(
    stack: Stack, engine: EchoEngine, tokens: dict[str, str], version: str, target: str
) -> None:
    """Two in one write: the second of them finds nothing that the first has left open."""
    one = f"GET {target} {version}\r\nHost: x\r\nAuthorization: Bearer {tokens['viewer']}\r\n"
    with socket.create_connection(("127.0.0.1", stack.ports_from + 3), timeout=20) as connection:
        connection.sendall(f"{one}Connection: keep-alive\r\n\r\n{one}Connection: close\r\n\r\n".encode())
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"topsecret" not in received
    assert received.count(b"***") in {2, 4}


@pytest.mark.parametrize(
    "path",
    [
        "//deployments", "/./deployments", "/ui/../deployments", "/deployments/", "/%64eployments", "/deployments%2f",
        "/v2//deployments", "/deployments/dp_1/", "/DEPLOYMENTS", "/v5/deployments", "/deployments;a=b",
        "/ui/%2e%2e/deployments", "/deployments#", "/deployments/dp_1%00",
    ],
)  # fmt: skip
def test_odd_paths_lead_nowhere(stack: Stack, engine: EchoEngine, tokens: dict[str, str], path: str) -> None:
    engine.canned |= {path: plain(LIST), path.partition("#")[0]: plain(LIST)}
    answer = asked(stack, path, tokens["viewer"])
    assert answer.status in {400, 404}
    assert b"topsecret" not in answer.body


@pytest.mark.parametrize("version", VERSIONS)
def test_decoded_values_are_the_services_own(
    stack: Stack, engine: EchoEngine, tokens: dict[str, str], version: str
) -> None:
    path, value = f"{version}/internal/services/S/serdes/decode/x", b'{"additional_headers": 1.10, "text": "plain"}'
    engine.canned[path] = plain(value)
    for name in ("viewer", "viewing job"):
        assert asked(stack, f"{path}?deployment=dp_1", tokens[name], method="POST", body=b"\x00").body == value
    asked(stack, path.replace("decode", "encode"), tokens["viewer"], method="POST", body=b"{}").assert_refusal(403)


@pytest.mark.parametrize("path", ["/openapi", "/v3/openapi", "/services/S/openapi", "/v4/services/S/openapi?"])
def test_descriptions_of_apis_are_left_whole(
    stack: Stack, engine: EchoEngine, tokens: dict[str, str], path: str
) -> None:
    described = {"properties": {"additional_headers": {"type": "object"}}}
    engine.canned[path.partition("?")[0]] = plain(described)
    assert asked(stack, path, tokens["viewer"]).json == described


@pytest.mark.parametrize("path", ["/deployments/openapi", "/services/S/openapi/x", "/services/openapi", "/v5/openapi"])
def test_what_only_looks_like_one_is_masked(
    stack: Stack, engine: EchoEngine, tokens: dict[str, str], path: str
) -> None:
    engine.canned[path] = plain(ONE)
    assert b"topsecret" not in asked(stack, path, tokens["viewer"]).body


def test_what_streams_goes_on_streaming(stack: Stack, engine: EchoEngine, tokens: dict[str, str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stack.ports_from + 3, timeout=20)
    engine.to_send.put(b"first")
    connection.request("GET", "/ui/stream", headers={"Authorization": f"Bearer {tokens['viewer']}"})
    response = connection.getresponse()
    assert response.read1(100) == b"first"
    for piece in (b"second", None):
        engine.to_send.put(piece)
    assert response.read() == b"second"

"""Calls from an engine through a tunnel: what arrives, and what comes back."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import httpx2
import pytest

from tests.envrunner.relay.dialling import dialled, engine, introduction, never, path
from tests.envrunner.relay.environments import MINE
from tests.envrunner.relay.node import RelayNode, label, until_async
from tests.envrunner.relay.peers import Message

BIG = os.urandom(10 * 1024 * 1024)


def test_path_headers_and_body_arrive_and_the_answer_comes_back(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with dialled(node, introduction(token)) as client, engine(node) as caller:
            signed = node.signed(MINE)
            sent = [*signed, ("x-own", "kept"), ("x-restate-tunnel-http-version", "HTTP/1.1"), ("te", "trailers")]
            answer = await caller.call(path(rest="/http/localhost/9080/discover?a=b%20c"), sent, b"hello")

            assert answer.status == 200
            assert bytes(answer.body) == b"hello"
            (call,) = client.calls
            assert call.headers[":path"] == "/http/localhost/9080/discover?a=b%20c"
            assert call.headers[":method"] == "POST"
            assert call.headers["x-own"] == "kept"
            assert dict(signed).items() <= call.headers.items(), "the tunnel's other end verifies, too"
            assert "x-restate-tunnel-http-version" not in call.headers
            assert node.plane is not None

    asyncio.run(scenario())


def test_the_older_clients_short_path(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with dialled(node, introduction(token)) as client, engine(node) as caller:
            for rest, expected in (("/discover", "/discover"), ("", "/"), ("/", "/"), ("?x=1", None)):
                answer = await caller.call(path(rest=rest), node.signed(MINE), method="GET")
                assert (answer.status, answer.headers.get("x-path")) == ((200, expected) if expected else (404, None))
            assert [call.ended for call in client.calls] == [True] * 3

    asyncio.run(scenario())


def test_http1_is_said_to_the_other_end(node: RelayNode, token: str) -> None:
    async def scenario() -> tuple[httpx2.Response, httpx2.Response, Message, Message]:
        async with dialled(node, introduction(token)) as client:
            headers = {**dict(node.signed(MINE)), "connection": "keep-alive, x-hop", "x-hop": "1"}
            url = f"http://127.0.0.1:{node.proxy_port}{path()}"
            async with httpx2.AsyncClient(trust_env=False) as http:
                first = await http.post(url, headers=headers, content=b"one")
                second = await http.post(url, headers=headers, content=_chunks())
            return first, second, client.calls[0], client.calls[1]

    first, second, seen, chunked = asyncio.run(scenario())
    assert (first.content, second.content) == (b"one", b"two" * 1000)
    assert first.http_version == "HTTP/1.1"
    assert seen.headers["x-restate-tunnel-http-version"] == "HTTP/1.1"
    assert not {"connection", "x-hop", "host", "transfer-encoding"} & (seen.headers.keys() | chunked.headers.keys())


def test_of_two_lengths_only_the_one_that_counts_goes_on(node: RelayNode, token: str) -> None:
    """RFC 9112 §6.3: whoever reads the other one would take the rest of the body for the next request."""

    async def scenario() -> None:
        async with dialled(node, introduction(token)) as client:
            fields = "".join(f"{key}: {value}\r\n" for key, value in node.signed(MINE))
            lengths = "connection: close\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n"
            reader, writer = await asyncio.open_connection("127.0.0.1", node.proxy_port)
            sent = f"POST {path()} HTTP/1.1\r\nhost: x\r\n{fields}{lengths}\r\n6\r\nabcdef\r\n0\r\n\r\n"
            writer.write(sent.encode())
            said = await reader.read(-1)
            writer.close()
            assert said.startswith(b"HTTP/1.1 200")
            (call,) = client.calls
            assert bytes(call.body) == b"abcdef"
            assert not {"content-length", "transfer-encoding"} & call.headers.keys()

    asyncio.run(scenario())


async def _chunks() -> Any:
    for _ in range(1000):
        yield b"two"


@pytest.mark.parametrize("window", [16 * 1024, 1024 * 1024])
def test_large_bodies_both_ways(node: RelayNode, token: str, window: int) -> None:
    async def scenario() -> bytes:
        async with dialled(node, introduction(token), window) as client, engine(node, window) as caller:
            answer = await caller.call(path(), node.signed(MINE), BIG)
            assert client.calls[0].ended
            return bytes(answer.body)

    assert asyncio.run(scenario()) == BIG


def test_large_bodies_over_http1(node: RelayNode, token: str) -> None:
    async def scenario() -> bytes:
        async with dialled(node, introduction(token)):
            url = f"http://127.0.0.1:{node.proxy_port}{path()}"
            async with httpx2.AsyncClient(trust_env=False, timeout=30) as http:
                return (await http.post(url, headers=node.signed(MINE), content=BIG)).content

    assert asyncio.run(scenario()) == BIG


def test_both_directions_stream_at_once(node: RelayNode, token: str) -> None:
    """A conversation: each side says something only after it has heard the other."""

    async def scenario() -> None:
        async with dialled(node, introduction(token)) as client, engine(node) as caller:
            number = caller.begin(path(), node.signed(MINE))
            await client.wait(lambda: client.calls)
            (there,) = [one for one in client.messages if one != 1]
            client.h2.send_headers(there, [(":status", "200")])
            for turn in range(1, 20):
                await caller.body(number, b"?", end=False)
                await client.wait(lambda turn=turn: len(client.messages[there].body) == turn)  # type: ignore[misc]
                await client.body(there, b"!", end=False)
                await caller.wait(lambda turn=turn: len(caller.messages[number].body) == turn)  # type: ignore[misc]
            client.h2.send_headers(there, [("x-last", "word")], end_stream=True)
            client.send()
            assert (await caller.ended(number)).trailers == {"x-last": "word"}

    asyncio.run(scenario())


def test_connections_of_one_name_share_the_load(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with (
            dialled(node, introduction(token)) as one,
            dialled(node, introduction(token)) as two,
            engine(node) as caller,
        ):
            for client in (one, two):
                client.answer = never
            for _ in range(10):
                caller.begin(path(), node.signed(MINE), end=True)
            await until_async(lambda: len(one.calls) + len(two.calls) == 10)
            assert (len(one.calls), len(two.calls)) == (5, 5)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "asked",
    ["/", "/x", f"/{label(MINE)}", f"/{label(MINE)}/", f"/{label(MINE)}/a b/x", f"/{label(MINE)}/%2e%2e/x",
     f"/{label(MINE)[1:]}/t/x", f"//{label(MINE)}/t/x", f"/env_{label(MINE)}/t/x", "*", "http://h/x"],
)  # fmt: skip
def test_paths_that_name_no_tunnel(node: RelayNode, token: str, asked: str) -> None:
    async def scenario() -> Message:
        async with engine(node) as caller:
            return await caller.call(asked, node.signed(MINE))

    answer = asyncio.run(scenario())
    # One that no parser takes for a path never becomes a call.
    assert answer.reset is not None or answer.status == 404 or not answer.headers


def test_odd_names_are_names(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with engine(node) as caller:
            for name in ("-", "_", "__proto__", "0", "A-b_C", "x" * 100):
                async with dialled(node, introduction(token, name=name)):
                    assert (await caller.call(path(name), node.signed(MINE))).status == 200

    asyncio.run(scenario())


def test_no_tunnel_is_said_in_a_sentence(node: RelayNode, token: str) -> None:
    async def scenario() -> Message:
        async with engine(node) as caller:
            return await caller.call(path("nobody"), node.signed(MINE), b"body that nobody takes")

    answer = asyncio.run(scenario())
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert "No tunnel named nobody is open" in json.loads(bytes(answer.body))["message"]


def test_only_what_may_soon_be_otherwise_says_when_to_try_again(node: RelayNode, token: str) -> None:
    with httpx2.Client(trust_env=False) as http:
        url = f"http://127.0.0.1:{node.proxy_port}"
        answers = [http.get(f"{url}{one}", headers=node.signed(MINE)) for one in (path("nobody"), "/x")]
        answers.append(http.get(f"{url}{path('nobody')}"))
    assert [(one.status_code, one.headers.get("retry-after")) for one in answers] == [
        (503, "1"),
        (404, None),
        (401, None),
    ]

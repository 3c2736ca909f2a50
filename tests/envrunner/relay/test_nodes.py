"""Two relay nodes of one region: each carries calls for tunnels that the other holds."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import httpx2

from tests.envrunner.relay.dialling import dialled, engine, found, introduction, never, path, ready
from tests.envrunner.relay.environments import MINE, OTHERS
from tests.envrunner.relay.node import RelayNode, until_async
from tests.envrunner.relay.peers import Message


def test_a_node_that_does_not_hold_the_tunnel_forwards(nodes: tuple[RelayNode, RelayNode]) -> None:
    first, second = nodes
    token, body = ready(*nodes), os.urandom(3 * 1024 * 1024)

    async def scenario() -> Message:
        async with dialled(first, introduction(token)) as client, engine(second) as caller:
            await found(second, caller)
            signed = second.signed(MINE)
            answer = await caller.call(path(rest="/http/localhost/9080/invoke?x=1"), [*signed, ("x-own", "1")], body)
            assert bytes(answer.body) == body
            url = f"http://127.0.0.1:{second.proxy_port}{path()}"
            async with httpx2.AsyncClient(trust_env=False) as http:
                assert (await http.post(url, headers=signed, content=b"old")).content == b"old"
            assert client.calls[-1].headers["x-restate-tunnel-http-version"] == "HTTP/1.1"
            return client.calls[-2]

    call = asyncio.run(scenario())
    assert call.headers[":path"] == "/http/localhost/9080/invoke?x=1"
    assert call.headers["x-own"] == "1"
    assert not [name for name in call.headers if name.startswith("x-envrunner") or name.endswith("http-version")]


def test_another_node_verifies_for_itself(nodes: tuple[RelayNode, RelayNode]) -> None:
    first, second = nodes
    token = ready(*nodes)

    async def scenario() -> None:
        async with dialled(first, introduction(token)) as client, engine(second) as caller:
            await found(second, caller)
            seen = len(client.calls)
            for number in (MINE, OTHERS):
                answer = await caller.call(path(number=number), second.signed(number, signer=3 - number))
                assert answer.status == 401
            # Who claims to be another node is believed nothing but that.
            forwarded = [*first.signed(OTHERS), ("x-envrunner-relay-forwarded", "2")]
            async with engine(first) as direct:
                assert (await direct.call(path(), forwarded)).status == 401
            assert len(client.calls) == seen

    asyncio.run(scenario())


def test_connections_between_nodes_end_when_nobody_needs_them(nodes: tuple[RelayNode, RelayNode]) -> None:
    first, second = nodes
    token = ready(*nodes)

    async def scenario() -> None:
        async with dialled(first, introduction(token)) as client, engine(second) as caller:
            await found(second, caller)
            client.answer = never
            number = caller.begin(path(), second.signed(MINE), end=True)
            await client.wait(lambda: not client.calls[-1].reset and len(client.calls) > 1)
            needed = descriptors(first)
            caller.h2.reset_stream(number, 8)
            caller.send()
            await until_async(lambda: descriptors(first) < needed)
            client.answer = client.echo
            assert (await caller.call(path(), second.signed(MINE), b"x")).status == 200

    asyncio.run(scenario())


def descriptors(node: RelayNode) -> int:
    assert node.process is not None
    return len(list(Path(f"/proc/{node.process.pid}/fd").iterdir()))

"""What is known of a tunnel: state, requests, errors, bytes, and the last failure."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2

from tests.envrunner.relay.dialling import dialled, engine, introduction, path, ready, refusing_all
from tests.envrunner.relay.environments import MINE
from tests.envrunner.relay.node import RelayNode, label, until_async
from tests.envrunner.relay.peers import Dialled, Message
from tests.support.waiting import until


def test_what_is_known_of_a_tunnel(node: RelayNode, token: str) -> None:
    async def fails(number: int, message: Message) -> None:
        client.h2.send_headers(number, [(":status", "502")], end_stream=True)
        client.send()

    client: Dialled

    async def scenario() -> None:
        nonlocal client
        async with dialled(node, introduction(token, name="seen")) as client, engine(node) as caller:
            await caller.call(path("seen"), node.signed(MINE), b"12345")
            client.answer = fails
            await caller.call(path("seen"), node.signed(MINE))

    asyncio.run(scenario())
    seen = until(lambda: node.tunnel("seen") if node.tunnel("seen")["connections"] == 0 else None)
    figures = {name: seen[name] for name in ("requests", "errors", "bytesToService", "bytesFromService", "lastFailure")}
    assert figures == {
        "requests": 2, "errors": 1, "bytesToService": 5, "bytesFromService": 5, "lastFailure": "answered 502",
    }  # fmt: skip
    metrics = node.ask("/metrics")
    assert metrics is not None
    assert f'envrunner_tunnel_requests_total{{environment_id="env_{label(MINE)}"}}' in metrics.text


def test_the_control_plane_is_told(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with dialled(node, introduction(token, name="told")), engine(node) as caller:
            await caller.call(path("told"), node.signed(MINE), b"12345")
            # What was told while the call was under way is told anew once it is over.
            await until_async(lambda: _reported(node, "told") == node.tunnel("told"))
            assert _reported(node, "told")["requests"] == 1

    asyncio.run(scenario())
    until(lambda: _reported(node, "told")["goneAt"])
    assert node.plane.tunnels["node"] == f"http://127.0.0.1:{node.relay_port}"


def _reported(node: RelayNode, name: str) -> dict[str, Any]:
    items = node.plane.tunnels.get("items", [])
    return next((one for one in items if one["name"] == name), {})


def test_every_byte_is_counted_once(node: RelayNode, token: str) -> None:
    """Of bodies, by HTTP/2 and HTTP/1.1, and of a call that another connection took over."""
    sizes = [0, 1, 16_384, 16_385, 65_536, 1_000_003]

    async def halves(number: int, message: Message) -> None:
        client.h2.send_headers(number, [(":status", "200")])
        await client.body(number, bytes(message.body[: len(message.body) // 2]))

    client: Dialled

    async def scenario() -> None:
        nonlocal client
        async with dialled(node, introduction(token, name="bytes")) as client, engine(node) as caller:
            client.answer = halves
            for size in sizes:
                await caller.call(path("bytes"), node.signed(MINE), bytes(size))
            url = f"http://127.0.0.1:{node.proxy_port}{path('bytes')}"
            async with httpx2.AsyncClient(trust_env=False) as http:
                for size in sizes:
                    await http.post(url, headers=node.signed(MINE), content=bytes(size))
            async with dialled(node, introduction(token, name="bytes")) as refusing:
                refusing.answer = refusing_all(refusing)
                await caller.call(path("bytes"), node.signed(MINE), bytes(1000))

    asyncio.run(scenario())
    seen = until(lambda: node.tunnel("bytes") if node.tunnel("bytes")["connections"] == 0 else None)
    assert (seen["requests"], seen["errors"], seen["openRequests"]) == (13, 0, 0)
    assert seen["bytesToService"] == 2 * sum(sizes) + 1000
    assert seen["bytesFromService"] == 2 * sum(size // 2 for size in sizes) + 500


def test_counts_of_an_environment_never_go_back(node: RelayNode) -> None:
    """However many names were there: 100 that are gone are remembered."""
    node.add_environment(70)
    token = ready(node, number=70)

    async def scenario() -> None:
        async with engine(node) as caller:
            for turn in range(110):
                async with dialled(node, introduction(token, 70, f"t{turn}")):
                    assert (await caller.call(path(f"t{turn}", number=70), node.signed(70), b"12")).status == 200

    asyncio.run(scenario())
    remembered = [one for one in node.tunnels() if one["environmentId"] == f"env_{label(70)}"]
    assert len(remembered) <= 102
    metrics = node.ask("/metrics")
    assert metrics is not None
    for name, count in (("requests", 110), ("errors", 0), ("bytes_to_service", 220), ("bytes_from_service", 220)):
        assert f'envrunner_tunnel_{name}_total{{environment_id="env_{label(70)}"}} {count}.0' in metrics.text

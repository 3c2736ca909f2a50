"""Whoever is slow, or greedy, over HTTP/1.1 at the door for engines: connections end, and nothing piles up."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

import pytest

from envrunner.relay import door, http1
from envrunner.relay.door import Door
from envrunner.relay.engine import Departing
from envrunner.relay.exchange import Exchange
from envrunner.relay.identity import Identity
from envrunner.relay.keeping import Keeping
from envrunner.relay.stream import Outlet
from envrunner.relay.tunnels import Tunnels
from envrunner.relay.ways import Ways
from tests.envrunner.relay.dialling import dialled, introduction, path
from tests.envrunner.relay.environments import MINE
from tests.envrunner.relay.node import RelayNode, until_async
from tests.envrunner.relay.peers import Dialled, Message

_SHORT, _LONG = 0.2, 100.0
_HEAD = b"POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n"
_CALL = _HEAD + b"\r\n0123456789"


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[int, set[Departing], Counter[str]]]:
    """A door that nobody's tunnel is behind."""
    engines: set[Departing] = set()
    strangers: Counter[str] = Counter()
    ways, identity, keeping = Ways(Tunnels(), None), Identity(lambda _: ()), Keeping()

    def exchange(outlet: Outlet) -> Exchange:
        return Exchange(outlet, ways, identity, keeping)

    made = await asyncio.get_running_loop().create_server(lambda: Door(exchange, engines, strangers), "127.0.0.1", 0)
    yield made.sockets[0].getsockname()[1], engines, strangers
    made.close()


@pytest.mark.parametrize(
    ("limit", "sent", "drip"),
    [
        ("HEAD_SECONDS", b"G", b""),
        ("HEAD_SECONDS", _HEAD, b""),
        ("HEAD_SECONDS", _HEAD, b"x: y\r\n"),
        ("HEAD_SECONDS", _CALL + b"P", b""),
        ("HEAD_SECONDS", _CALL + _HEAD, b"x: y\r\n"),
        ("BODY_SECONDS", _HEAD + b"\r\n0123", b""),
        # It was answered (404): what is left of its body is waited for once, however it comes.
        ("BODY_SECONDS", _HEAD.replace(b"10", b"10000000") + b"\r\n0123", b"4"),
        ("IDLE_SECONDS", _CALL, b""),
    ],
)
def test_a_connection_that_does_not_go_on_ends(
    monkeypatch: pytest.MonkeyPatch, limit: str, sent: bytes, drip: bytes
) -> None:
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "IDLE_SECONDS"):
        monkeypatch.setattr(http1, name, _SHORT if name == limit else _LONG)

    async def scenario() -> None:
        async with listening() as (port, engines, strangers):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            dripping = asyncio.create_task(drips(writer, drip))
            async with asyncio.timeout(20):
                await ended(reader)
            dripping.cancel()
            writer.close()
            await until_async(lambda: not engines and not strangers)

    asyncio.run(scenario())


async def drips(writer: asyncio.StreamWriter, piece: bytes) -> None:
    """Slowly, and without end: each is something new."""
    while piece:
        writer.write(piece)
        await asyncio.sleep(_SHORT / 5)


async def ended(reader: asyncio.StreamReader) -> None:
    """However."""
    try:
        await reader.read(-1)
    except ConnectionError:
        return


def test_of_one_address_only_so_many_may_have_said_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_MOST_STRANGERS", 3)

    async def scenario() -> None:
        async with listening() as (port, _, strangers):
            with ExitStack() as stack:
                await too_many(port, strangers, stack)
            # Whoever has called is no stranger.
            await until_async(lambda: not strangers)
            with ExitStack() as stack:
                for _ in range(5):
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    stack.callback(writer.close)
                    writer.write(_CALL)
                    assert (await reader.readline()).startswith(b"HTTP/1.1 404")

    async def too_many(port: int, strangers: Counter[str], stack: ExitStack) -> None:
        for begun in (b"", b"PRI", b"GET / HT"):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
            writer.write(begun)
        await until_async(lambda: strangers["127.0.0.1"] == 3)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        stack.callback(writer.close)
        await ended(reader)
        await until_async(lambda: strangers["127.0.0.1"] == 3)

    asyncio.run(scenario())


def test_what_comes_behind_a_call_that_is_under_way_waits_where_it_is(node: RelayNode, token: str) -> None:
    """Requests may be sent one behind the other (RFC 9112 §9.3.2), but not to be kept here."""

    async def waits(number: int, message: Message) -> None:
        await go_on.wait()
        await client.echo(number, message)

    client: Dialled
    go_on: asyncio.Event

    async def scenario() -> bytes:
        nonlocal client, go_on
        go_on, chunk = asyncio.Event(), os.urandom(1024 * 1024)
        async with dialled(node, introduction(token)) as client:
            client.answer = waits
            fields = "".join(f"{key}: {value}\r\n" for key, value in node.signed(MINE))
            call = f"POST {path()} HTTP/1.1\r\nhost: x\r\n{fields}content-length: ".encode()
            reader, writer = await asyncio.open_connection("127.0.0.1", node.proxy_port)
            writer.write(call + b"3\r\n\r\none")
            await client.wait(lambda: client.calls)
            before = node.resident_bytes()
            node.forget_peak()
            writer.write(call + b"%d\r\n\r\n" % (40 * len(chunk)))
            for _ in range(40):
                writer.write(chunk)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await writer.drain()
            assert node.peak_bytes() - before < 16 * 1024 * 1024
            go_on.set()
            await writer.drain()
            said = await reader.readexactly(50 + 3 + 40 * len(chunk))
            writer.close()
            return said

    assert b"\r\none" in asyncio.run(scenario())

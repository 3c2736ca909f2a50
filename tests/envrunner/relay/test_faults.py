"""What becomes of a call when somebody dies, refuses it, or speaks something else."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack

from tests.envrunner.relay.dialling import dialled, engine, introduction, never, path, refusing_all
from tests.envrunner.relay.environments import MINE
from tests.envrunner.relay.node import RelayNode, raw_connection
from tests.envrunner.relay.peers import Dialled, Message


def test_a_tunnel_that_is_lost_under_a_call_is_said(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with dialled(node, introduction(token)) as client, engine(node) as caller:
            client.answer = never
            number = caller.begin(path(), node.signed(MINE), end=True)
            await client.wait(lambda: client.calls)
            client.writer.close()
            answer = await caller.ended(number)
            assert answer.status == 502
            assert b"The tunnel was lost" in answer.body

    asyncio.run(scenario())


def test_an_answer_that_has_begun_breaks_off(node: RelayNode, token: str) -> None:
    async def begins(number: int, message: Message) -> None:
        client.h2.send_headers(number, [(":status", "200")])
        await client.body(number, b"half", end=False)

    client: Dialled

    async def scenario() -> None:
        nonlocal client
        async with dialled(node, introduction(token)) as client, engine(node) as caller:
            client.answer = begins
            number = caller.begin(path(), node.signed(MINE), end=True)
            await caller.wait(lambda: caller.messages[number].body == b"half")
            client.writer.close()
            answer = await caller.ended(number)
            assert answer.reset is not None
            assert not answer.ended, "a half answer must not look whole"

    asyncio.run(scenario())


def test_an_engine_that_gives_up_is_heard_at_the_other_end(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with dialled(node, introduction(token)) as client:
            client.answer = never
            async with engine(node) as caller:
                first = caller.begin(path(), node.signed(MINE), end=True)
                second = caller.begin(path(), node.signed(MINE), end=True)
                await client.wait(lambda: len(client.calls) == 2)
                caller.h2.reset_stream(first, 8)
                caller.send()
                await client.wait(lambda: client.calls[0].reset == 8)
                assert client.calls[1].reset is None
                assert second
            await client.wait(lambda: client.calls[1].reset is not None)
            assert not client.closed

    asyncio.run(scenario())


def test_a_refused_call_takes_the_newest_other_connection(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(dialled(node, introduction(token))) for _ in range(3)]
            caller = await stack.enter_async_context(engine(node))
            newest = clients[2]
            newest.answer = refusing_all(newest)
            answer = await caller.call(path(), node.signed(MINE), method="GET")
            assert answer.headers["x-served-by"] == str(id(clients[1]))
            assert not clients[0].calls

    asyncio.run(scenario())


def test_what_an_invocation_begins_with_is_sent_again(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with dialled(node, introduction(token)) as other, dialled(node, introduction(token)) as newest:
            newest.answer = refusing_all(newest)
            async with engine(node) as caller:
                body = os.urandom(60_000)
                answer = await caller.call(path(), node.signed(MINE), body)
                assert (answer.status, bytes(answer.body)) == (200, body)
                assert len(other.calls) == 1

    asyncio.run(scenario())


def test_a_call_whose_body_is_gone_is_not_made_twice(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with dialled(node, introduction(token)) as other, dialled(node, introduction(token)) as newest:
            newest.answer = refusing_all(newest)
            async with engine(node) as caller:
                answer = await caller.call(path(), node.signed(MINE), bytes(100_000))
                assert answer.status == 502
                assert not other.calls

    asyncio.run(scenario())


def test_a_call_that_all_refuse_ends(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with dialled(node, introduction(token)) as one, dialled(node, introduction(token)) as two:
            for client in (one, two):
                client.answer = refusing_all(client)
            async with engine(node) as caller:
                assert (await caller.call(path(), node.signed(MINE), b"x")).status == 502
            assert (len(one.calls), len(two.calls)) == (1, 1)

    asyncio.run(scenario())


def test_what_no_http_is_ends_only_itself(node: RelayNode, token: str) -> None:
    for sent in (b"\x16\x03\x01\x00\x05hello", b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"PRI"):
        with raw_connection(node.proxy_port) as nobody:
            nobody.sendall(sent)
            if sent != b"PRI":
                assert b"HTTP/1.1 2" not in nobody.recv(65_536)

    async def scenario() -> None:
        async with dialled(node, introduction(token)), engine(node) as caller:
            assert (await caller.call(path(), node.signed(MINE))).status == 200

    asyncio.run(scenario())

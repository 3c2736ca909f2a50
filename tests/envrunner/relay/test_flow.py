"""Who does not read holds up nobody else, and nothing is kept that nobody takes."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress

from h2.exceptions import ProtocolError

from tests.envrunner.relay.dialling import dialled, engine, introduction, never, path
from tests.envrunner.relay.environments import MINE
from tests.envrunner.relay.node import RelayNode, until_async
from tests.envrunner.relay.peers import Dialled, Message
from tests.support.waiting import until


def test_who_does_not_read_holds_up_nobody_else_and_little_memory(node: RelayNode, token: str) -> None:
    """Twenty answers without end to an engine that takes none of them."""

    async def pours(number: int, message: Message) -> None:
        client.h2.send_headers(number, [(":status", "200")])
        await client.body(number, bytes(16 * 1024 * 1024))

    client: Dialled

    async def scenario() -> None:
        nonlocal client
        async with dialled(node, introduction(token)) as client, engine(node) as stuck, engine(node) as other:
            before, client.answer, stuck.reads = node.resident_bytes(), pours, False
            numbers = [stuck.begin(path(), node.signed(MINE), end=True) for _ in range(20)]
            await stuck.wait(lambda: all(len(stuck.messages[one].body) > 900_000 for one in numbers))
            client.answer = client.echo
            for _ in range(20):
                answer = await other.call(path(), node.signed(MINE), os.urandom(50_000))
                assert len(answer.body) == 50_000
            # Twenty times 16 MiB are waiting at the tunnel's other end, not here.
            assert node.resident_bytes() - before < 40 * 1024 * 1024

    asyncio.run(scenario())


def test_a_service_that_does_not_read_holds_up_the_engine(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with dialled(node, introduction(token), window=65_536) as client, engine(node) as caller:
            client.reads, client.answer = False, never
            number = caller.begin(path(), node.signed(MINE))
            sending = asyncio.create_task(caller.body(number, bytes(4 * 1024 * 1024)))
            await client.wait(lambda: client.calls and len(client.calls[0].body) == 65_536)
            done, _ = await asyncio.wait({sending}, timeout=0.3)
            assert not done, "somebody absorbed what nobody has taken"
            (there,) = [one for one in client.messages if one != 1]
            client.reads = True
            client.acknowledge(there, 65_536)
            await sending
            await client.wait(lambda: client.calls[0].ended)

    asyncio.run(scenario())


def test_calls_that_are_given_up_leave_no_hole_in_the_windows(node: RelayNode, token: str) -> None:
    """Each leaves up to 256 KiB behind that nobody takes; a connection has room for some 170 of them."""

    async def pours(number: int, message: Message) -> None:
        with suppress(ProtocolError):
            client.h2.send_headers(number, [(":status", "200")])
            await client.body(number, bytes(1024 * 1024))

    client: Dialled

    async def scenario() -> None:
        nonlocal client
        async with dialled(node, introduction(token)) as client, engine(node, window=65_536) as caller:
            client.answer, caller.reads = pours, False
            for _ in range(300):
                number = caller.begin(path(), node.signed(MINE), end=True)
                await caller.wait(lambda number=number: len(caller.messages[number].body) == 65_536)  # type: ignore[misc]
                caller.h2.reset_stream(number, 8)
                caller.acknowledge(number, 65_536)
            client.answer, caller.reads = client.echo, True
            answer = await caller.call(path(), node.signed(MINE), bytes(2_000_000))
            assert len(answer.body) == 2_000_000

    asyncio.run(scenario())


def test_requests_that_are_refused_midway_leave_no_hole_either(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with dialled(node, introduction(token), window=65_536) as client, engine(node) as caller:
            client.reads, client.answer = False, never
            for _ in range(300):
                number = caller.begin(path(), node.signed(MINE))
                await caller.body(number, bytes(250_000), end=False)
                await client.wait(lambda: any(len(call.body) == 65_536 for call in client.calls))
                (there,) = [one for one in client.messages if one != 1]
                client.h2.reset_stream(there, 8)
                client.acknowledge(there, 65_536)
                del client.messages[there]
                assert (await caller.ended(number)).status == 502
            client.reads, client.answer = True, client.echo
            answer = await caller.call(path(), node.signed(MINE), bytes(2_000_000))
            assert len(answer.body) == 2_000_000

    asyncio.run(scenario())


def test_many_calls_at_once(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with dialled(node, introduction(token)) as client, engine(node) as caller:
            signed = node.signed(MINE)
            bodies = [os.urandom(2_000) for _ in range(1_000)]
            answers = await asyncio.gather(*(caller.call(path(), signed, body) for body in bodies))
            assert [bytes(answer.body) for answer in answers] == bodies
            assert len(client.calls) == 1_000

    asyncio.run(scenario())
    # The last answer may be on its way past the tunnel's own counting.
    until(lambda: node.tunnel("laptop")["openRequests"] == 0)


def test_no_more_calls_at_once_than_the_client_takes(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with Dialled(introduction(token)) as client, engine(node) as caller:
            client.most_streams, client.answer = 2, never
            await client.connect(node.relay_port)
            await client.ended(1)
            numbers = [caller.begin(path(), node.signed(MINE)) for _ in range(5)]
            for number in numbers:
                await caller.body(number, str(number).encode())
            await client.wait(lambda: [call.ended for call in client.calls] == [True, True])
            # One that waits may be given up.
            caller.h2.reset_stream(numbers.pop(), 8)
            caller.send()
            await until_async(lambda: node.tunnel("laptop")["openRequests"] == 4)
            assert len(client.calls) == 2, "the client would refuse a third"
            client.answer = client.echo
            for there in [one for one in client.messages if one != 1]:
                await client.echo(there, client.messages[there])
            answers = [await caller.ended(number) for number in numbers]
            assert [answer.body for answer in answers] == [str(number).encode() for number in numbers]
            assert len(client.calls) == 4

    asyncio.run(scenario())


def test_100_mb_pass_both_ways_and_little_of_it_is_ever_here(node: RelayNode, token: str) -> None:
    body = os.urandom(1024 * 1024) * 100

    async def scenario() -> None:
        async with dialled(node, introduction(token)), engine(node) as caller:
            before = node.resident_bytes()
            node.forget_peak()
            answer = await caller.call(path(), node.signed(MINE), body)
            assert bytes(answer.body) == body
            assert node.peak_bytes() - before < 24 * 1024 * 1024

    asyncio.run(scenario())

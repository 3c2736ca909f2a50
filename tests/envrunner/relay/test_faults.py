"""What becomes of calls and connections when somebody dies, hangs, stops reading, or is told to end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress

import pytest
from h2.exceptions import ProtocolError

from tests.envrunner.relay.conftest import MINE
from tests.envrunner.relay.dialling import dialled, engine, introduction, path
from tests.envrunner.relay.node import RelayNode, raw_connection, until_async
from tests.envrunner.relay.peers import Dialled, Message
from tests.support.waiting import until

_REFUSED_STREAM = 7


async def never(number: int, message: Message) -> None:
    """Answers nothing."""


def ready(node: RelayNode) -> str:
    """A credential the relay knows."""
    token = node.add_key(MINE)

    async def opens() -> bool:
        async with dialled(node, introduction(token, name="probe")) as client:
            return client.told.get("tunnel-status") == "ok"

    until(lambda: asyncio.run(opens()))
    return token


@pytest.fixture
def token(node: RelayNode) -> str:
    return ready(node)


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
            newest.answer = _refusing(newest)
            answer = await caller.call(path(), node.signed(MINE), method="GET")
            assert answer.headers["x-served-by"] == str(id(clients[1]))
            assert not clients[0].calls

    asyncio.run(scenario())


def test_what_an_invocation_begins_with_is_sent_again(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with dialled(node, introduction(token)) as other, dialled(node, introduction(token)) as newest:
            newest.answer = _refusing(newest)
            async with engine(node) as caller:
                body = os.urandom(60_000)
                answer = await caller.call(path(), node.signed(MINE), body)
                assert (answer.status, bytes(answer.body)) == (200, body)
                assert len(other.calls) == 1

    asyncio.run(scenario())


def test_a_call_whose_body_is_gone_is_not_made_twice(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with dialled(node, introduction(token)) as other, dialled(node, introduction(token)) as newest:
            newest.answer = _refusing(newest)
            async with engine(node) as caller:
                answer = await caller.call(path(), node.signed(MINE), bytes(100_000))
                assert answer.status == 502
                assert not other.calls

    asyncio.run(scenario())


def test_a_call_that_all_refuse_ends(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with dialled(node, introduction(token)) as one, dialled(node, introduction(token)) as two:
            for client in (one, two):
                client.answer = _refusing(client)
            async with engine(node) as caller:
                assert (await caller.call(path(), node.signed(MINE), b"x")).status == 502
            assert (len(one.calls), len(two.calls)) == (1, 1)

    asyncio.run(scenario())


def _refusing(client: Dialled) -> Callable[[int, Message], Awaitable[None]]:
    async def refuse(number: int, message: Message) -> None:
        client.h2.reset_stream(number, _REFUSED_STREAM)
        client.send()

    return refuse


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


def test_connections_that_went_silent_are_found_out(own_node: RelayNode) -> None:
    token = ready(own_node)

    async def scenario() -> None:
        async with dialled(own_node, introduction(token)) as alive, dialled(own_node, introduction(token)) as silent:
            # Its machine sleeps: the connection stays, nobody answers.
            for task in silent._tasks:
                task.cancel()
            await until_async(lambda: own_node.tunnel("laptop")["connections"] == 1)
            async with engine(own_node) as caller:
                answer = await caller.call(path(), own_node.signed(MINE))
            assert answer.headers["x-served-by"] == str(id(alive))

    asyncio.run(scenario())


def test_a_relay_that_is_told_to_end_finishes_what_is_under_way(own_node: RelayNode) -> None:
    token = ready(own_node)

    async def scenario() -> None:
        async with dialled(own_node, introduction(token)) as client, engine(own_node) as caller:
            client.answer = never
            numbers = [caller.begin(path(), own_node.signed(MINE), end=True) for _ in range(5)]
            await client.wait(lambda: len(client.calls) == 5)
            process = own_node.terminate()
            await client.wait(lambda: client.goaway is not None)
            await caller.wait(lambda: caller.goaway is not None)
            assert (client.goaway, caller.goaway) == (0, 0)
            for number in [one for one in client.messages if one != 1]:
                await client.echo(number, client.messages[number])
            for number in numbers:
                assert (await caller.ended(number)).status == 200
            client.writer.close()
            caller.writer.close()
            await asyncio.to_thread(process.wait, 20)
            assert process.returncode == 0

    asyncio.run(scenario())


def test_a_relay_waits_for_no_call_for_ever(own_node: RelayNode) -> None:
    token = ready(own_node)

    async def scenario() -> None:
        async with dialled(own_node, introduction(token)) as client, engine(own_node) as caller:
            client.answer = never
            number = caller.begin(path(), own_node.signed(MINE), end=True)
            await client.wait(lambda: client.calls)
            process = own_node.terminate()
            await asyncio.to_thread(process.wait, 30)
            assert process.returncode == 0
            assert (await caller.ended(number)).status == 502

    asyncio.run(scenario())


def test_after_a_kill_clients_and_engines_come_back(own_node: RelayNode) -> None:
    token = ready(own_node)

    async def scenario() -> None:
        async with dialled(own_node, introduction(token)) as client:
            own_node.kill()
            await client.wait(lambda: client.closed)
        own_node.launch()
        await until_async(lambda: own_node.ask("/healthz"))
        async with dialled(own_node, introduction(token)), engine(own_node) as caller:
            assert (await caller.call(path(), own_node.signed(MINE))).status == 200

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

"""Two relay nodes of one region: one of them, a tunnel or their Redis ends, and calls find what is still there."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable

import pytest

from tests.envrunner.relay.broker import Broker
from tests.envrunner.relay.container_client import ContainerClient
from tests.envrunner.relay.dialling import dialled, engine, found, introduction, path, ready
from tests.envrunner.relay.environments import MINE
from tests.envrunner.relay.node import RelayNode, raw_connection, until_async
from tests.envrunner.relay.peers import Message


def test_when_the_holder_dies_or_leaves_the_other_connection_takes_over(nodes: tuple[RelayNode, RelayNode]) -> None:
    first, second = nodes
    token = ready(*nodes)

    async def scenario() -> None:
        async with engine(second) as caller:
            async with dialled(first, introduction(token)):
                await found(second, caller)
                process = first.terminate()
                async with dialled(second, introduction(token)) as here:
                    for _ in range(50):
                        assert (await caller.call(path(), second.signed(MINE), b"x")).status == 200
                    assert len(here.calls) == 50
                await asyncio.to_thread(process.wait, 20)
            await found(second, caller, status=503)

    asyncio.run(scenario())


def test_a_holder_that_was_killed_is_dialled_once_for_each_call(nodes: tuple[RelayNode, RelayNode]) -> None:
    """The other node goes on naming it for a while, and nothing tells calls under way that dialling is vain."""
    first, second = nodes
    token = ready(*nodes)

    async def scenario() -> list[int]:
        async with engine(second) as caller, dialled(first, introduction(token)):
            await found(second, caller)
            first.kill()
            return [(await caller.call(path(), second.signed(MINE), b"x")).status for _ in range(3)]

    assert set(asyncio.run(scenario())) <= {502, 503}
    assert second.log().count("another_node_away") <= 3


def test_the_container_client_has_another_connection_before_the_old_one_ends(
    nodes: tuple[RelayNode, RelayNode],
) -> None:
    first, second = nodes
    token = ready(*nodes)

    async def scenario() -> None:
        ports = [second.relay_port, first.relay_port]
        async with ContainerClient(introduction(token), ports[::-1]) as client, engine(second) as caller:
            await found(second, caller)
            old = client.connections[0]
            plainly, old.answer = old.answer, _only_notices(old.answer)
            number = caller.begin(path(), second.signed(MINE), end=True)
            await old.wait(lambda: any(not call.headers.get(":path", "").startswith("/_/") for call in old.calls[1:]))
            process = first.terminate()
            await until_async(lambda: len(client.connections) == 2)
            for _ in range(20):
                assert (await caller.call(path(), second.signed(MINE), b"x")).status == 200
            await old.wait(lambda: old.goaway is not None)
            assert old.goaway == 0
            waiting = max(old.messages, key=lambda one: one if not _is_notice(old.messages[one]) else 0)
            await plainly(waiting, old.messages[waiting])
            assert (await caller.ended(number)).status == 200
            old.writer.close()
            await asyncio.to_thread(process.wait, 20)

    asyncio.run(scenario())


def _only_notices(answer: Callable[[int, Message], Awaitable[None]]) -> Callable[[int, Message], Awaitable[None]]:
    async def answers(number: int, message: Message) -> None:
        if _is_notice(message):
            await answer(number, message)

    return answers


def _is_notice(message: Message) -> bool:
    return message.headers.get(":path") == "/_/drain-tunnel"


def test_tunnels_are_found_while_redis_is_away_and_after_it_came_back(
    nodes: tuple[RelayNode, RelayNode], broker: Broker
) -> None:
    first, second = nodes
    token = ready(*nodes)

    async def scenario() -> None:
        async with dialled(first, introduction(token)), engine(second) as caller:
            await found(second, caller)
            broker.stop()
            for _ in range(20):
                assert (await caller.call(path(), second.signed(MINE), b"x")).status == 200
            broker.start()
            async with dialled(first, introduction(token, name="later")):
                await found(second, caller, "later")
            assert (await caller.call(path(), second.signed(MINE), b"x")).status == 200

    asyncio.run(scenario())


@pytest.mark.parametrize("redis_is_away", [False, True])
def test_a_node_that_was_killed_listens_only_when_it_knows_who_holds_what(
    nodes: tuple[RelayNode, RelayNode], broker: Broker, redis_is_away: bool
) -> None:
    """Until then it would tell an engine that no tunnel of that name is open."""
    first, second = nodes
    token = ready(*nodes)

    async def scenario() -> int:
        async with dialled(first, introduction(token)):
            async with engine(second) as caller:
                await found(second, caller)
            second.kill()
            broker.send(signal.SIGSTOP)
            if redis_is_away:
                broker.stop()
            else:
                threading.Timer(0.7, broker.send, [signal.SIGCONT]).start()
            second.launch()
            await until_async(lambda: listens(second.proxy_port))
            async with engine(second) as caller:
                return (await caller.call(path(), second.signed(MINE))).status

    assert asyncio.run(scenario()) == (503 if redis_is_away else 200)


def listens(port: int) -> bool:
    try:
        raw_connection(port).close()
    except OSError:
        return False
    return True


def test_a_tunnel_that_is_gone_is_known_to_be_gone(nodes: tuple[RelayNode, RelayNode]) -> None:
    first, second = nodes
    token = ready(*nodes)

    async def scenario() -> None:
        async with engine(second) as caller:
            async with dialled(first, introduction(token)):
                await found(second, caller)
            await until_async(lambda: first.tunnel("laptop")["connections"] == 0)
            answer = await caller.call(path(), second.signed(MINE), b"x")
            # Whether the other node has heard of it yet or must be told by the first: nobody is there.
            assert answer.status in (502, 503)
            assert b"unnel" in answer.body

    asyncio.run(scenario())

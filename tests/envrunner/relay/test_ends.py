"""What becomes of connections when somebody falls silent, or the relay is killed or told to end."""

from __future__ import annotations

import asyncio

from tests.envrunner.relay.dialling import dialled, engine, introduction, never, path, ready
from tests.envrunner.relay.environments import MINE
from tests.envrunner.relay.node import RelayNode, until_async


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


def test_tunnels_of_a_paused_environment_stay_and_new_ones_may_come(own_node: RelayNode) -> None:
    token = ready(own_node)

    async def scenario() -> None:
        async with dialled(own_node, introduction(token)) as client:
            own_node.add_environment(MINE, status="OFF")
            # A key that it knows came after the pause: it has heard of that, too.
            later = await asyncio.to_thread(ready, own_node)
            assert client.closed is False
            async with dialled(own_node, introduction(later, name="other")) as other:
                assert other.told["tunnel-status"] == "ok"
            async with engine(own_node) as caller:
                assert (await caller.call(path(), own_node.signed(MINE))).status == 200

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

"""Bodies that are kept so that a call can be made again: bounded, by environment and in all, and nobody is refused."""

from __future__ import annotations

import asyncio
import os
import re
from collections import Counter

from envrunner.relay.keeping import MOST, MOST_OF_CALL, MOST_OF_ENVIRONMENT, Keeping
from tests.envrunner.relay.dialling import dialled, engine, introduction, never, path, ready, refusing_all
from tests.envrunner.relay.environments import MINE, OTHERS
from tests.envrunner.relay.node import RelayNode, until_async

_BODY = os.urandom(60_000)
_MORE_THAN_FIT = MOST_OF_ENVIRONMENT // len(_BODY) + 20


def kept(node: RelayNode) -> int:
    """What the node says it keeps."""
    answer = node.ask("/metrics")
    assert answer is not None
    found = re.search(r"^envrunner_tunnel_kept_bytes (\S+)$", answer.text, re.MULTILINE)
    assert found is not None
    return int(float(found[1]))


def test_one_environment_and_all_together_have_so_much_and_get_it_back() -> None:
    keeping = Keeping()
    of_one = MOST_OF_ENVIRONMENT // MOST_OF_CALL
    assert [keeping.keep("a", MOST_OF_CALL) for _ in range(of_one)] == [True] * of_one
    assert not keeping.keep("a", 1)
    others = [f"b{number}" for number in range(MOST // MOST_OF_ENVIRONMENT)]
    assert [keeping.keep(one, MOST_OF_ENVIRONMENT) for one in others] == [True] * (len(others) - 1) + [False]
    assert keeping.bytes == MOST
    keeping.let_go("a", MOST_OF_CALL)
    assert keeping.keep(others[-1], MOST_OF_CALL), "what one lets go another may have"
    assert not keeping.keep("a", 1)


def test_a_call_for_whose_body_there_is_no_room_is_made_all_the_same_but_once(node: RelayNode, token: str) -> None:
    other = ready(node, number=OTHERS)

    async def scenario() -> None:
        async with dialled(node, introduction(token)) as silent, engine(node) as caller:
            silent.answer = never
            numbers = [caller.begin(path(), node.signed(MINE)) for _ in range(_MORE_THAN_FIT)]
            for number in numbers:
                await caller.body(number, _BODY)
            await silent.wait(lambda: sum(call.ended for call in silent.calls) == len(numbers))
            assert MOST_OF_ENVIRONMENT - len(_BODY) <= kept(node) <= MOST_OF_ENVIRONMENT
            await another_environments_call_is_made_again(node, other)
            async with dialled(node, introduction(token)):
                for there in [one for one in silent.messages if one != 1]:
                    await refusing_all(silent)(there, silent.messages[there])
                answers = [await caller.ended(number) for number in numbers]
            again = MOST_OF_ENVIRONMENT // len(_BODY)
            assert Counter(one.status for one in answers) == {200: again, 502: len(numbers) - again}
            assert all(bytes(one.body) == _BODY for one in answers if one.status == 200)
        await until_async(lambda: kept(node) == 0)

    asyncio.run(scenario())


async def another_environments_call_is_made_again(node: RelayNode, token: str) -> None:
    async with (
        dialled(node, introduction(token, OTHERS)) as there,
        dialled(node, introduction(token, OTHERS)) as newest,
    ):
        newest.answer = refusing_all(newest)
        async with engine(node) as caller:
            answer = await caller.call(path(number=OTHERS), node.signed(OTHERS), _BODY)
            assert (answer.status, bytes(answer.body)) == (200, _BODY)
            assert len(there.calls) == 1


def test_nothing_is_kept_of_calls_that_are_given_up_answered_or_lost(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with engine(node) as caller:
            async with dialled(node, introduction(token)) as client:
                assert (await caller.call(path(), node.signed(MINE), _BODY)).status == 200
                client.answer = never
                given_up, lost, large = (caller.begin(path(), node.signed(MINE)) for _ in range(3))
                for number, size in ((given_up, 60_000), (lost, 50_000), (large, 70_000)):
                    await caller.body(number, bytes(size), end=False)
                await until_async(lambda: kept(node) == 110_000)
                caller.h2.reset_stream(given_up, 8)
                caller.send()
                await until_async(lambda: kept(node) == 50_000)
            assert (await caller.ended(lost)).status == 502
        assert kept(node) == 0

    asyncio.run(scenario())

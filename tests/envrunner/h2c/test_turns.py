"""Who sends much waits; others do not."""

from __future__ import annotations

import asyncio
import time

from envrunner.h2c.turns import Callers, Turns


async def work(turns: Turns, done: list[str], name: str, times: int, seconds: float) -> None:
    for _ in range(times):
        async with turns:
            until = time.thread_time() + seconds
            while time.thread_time() < until:
                pass
    done.append(name)


def test_one_callers_connections_share_and_others_are_not_held_up() -> None:
    done: list[str] = []

    async def scenario() -> None:
        greedy, modest = Turns(), Turns()
        async with asyncio.TaskGroup() as works:
            # 0.4 s of work, which is to take more than a second.
            for number in range(4):
                works.create_task(work(greedy, done, f"greedy {number}", 10, 0.01))
            works.create_task(work(modest, done, "modest", 20, 0.001))

    began = time.monotonic()
    asyncio.run(scenario())
    assert done[0] == "modest"
    # Each has had its turns as often as the others: they end together, in the order in which they came.
    assert done[1:] == [f"greedy {number}" for number in range(4)]
    assert time.monotonic() - began >= (0.4 - 0.05) / 0.25 - 0.01


def test_whoever_gives_up_while_waiting_leaves_the_turn_to_the_next() -> None:
    done: list[str] = []

    async def scenario() -> None:
        turns = Turns()
        first = asyncio.create_task(work(turns, done, "first", 1000, 0.1))
        second = asyncio.create_task(work(turns, done, "second", 1, 0))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await second

    asyncio.run(scenario())
    assert done == ["second"]


def test_an_address_is_in_one_group_for_good_and_groups_do_not_grow() -> None:
    callers = Callers()
    all_of_them = {id(callers.turns_of(str(number).encode())) for number in range(10_000)}
    assert len(all_of_them) == 1024
    assert callers.turns_of(b"127.0.0.1") is callers.turns_of(b"127.0.0.1")

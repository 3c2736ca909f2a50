"""The stock CLI's remote ports send a caller's own Authorization and, after it, the CLI's: the last one counts."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from tests.envrunner.edge.asking import ask
from tests.envrunner.edge.conftest import OTHERS, World
from tests.envrunner.edge.prior import Stock
from tests.envrunner.edge.stack import Stack
from tests.envrunner.relay.peers import Message
from tests.support.waiting import until


def ask_h2(world: World, side: str, credentials: list[str], target: str = "/S/h", *, shared: bool = True) -> Message:
    """One request over a connection that begins as the CLI's do."""
    port = world.port(side) if shared else world.own_port(1, side)

    async def scenario() -> Message:
        async with Stock() as client:
            await client.reach(port)
            return await client.ask(world.host(), target, credentials)

    return asyncio.run(scenario())


@pytest.fixture(params=[True, False], ids=["by host", "by port"])
def shared(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.mark.parametrize("role", ["full", "member:owner"], ids=["fast.js", "gate.js"])
@pytest.mark.parametrize("own", ["Bearer somebody-elses", "Basic eDp5", "", "{others}", "{viewer}"])
def test_the_last_one_counts_and_none_goes_on(world: World, role: str, own: str, shared: bool) -> None:
    own = own.format(
        others=f"Bearer {world.tokens[f'full:{OTHERS}']}", viewer=f"Bearer {world.tokens['member:viewer']}"
    )
    mine = f"Bearer {world.tokens[role]}"
    for side, target in (("ingress", "/S/h"), ("admin", "/deployments")):
        answer = ask_h2(world, side, [own, mine], target, shared=shared)
        assert answer.status == 200, answer.body
        document = json.loads(bytes(answer.body))
        assert document["label"] == world.host()[:27]
        assert "authorization" not in dict(document["headers"])
        assert world.tokens[role] not in bytes(answer.body).decode()
    # A better one that comes first makes no difference.
    assert ask_h2(world, "ingress", [mine, own], shared=shared).status in (401, 403)


def test_neither_adds_to_the_other(world: World, shared: bool) -> None:
    """What the caller's own may do, but the CLI's may not, is refused."""
    full, admin = (f"Bearer {world.tokens[role]}" for role in ("full", "admin"))
    assert ask_h2(world, "ingress", [full, admin], shared=shared).status == 403
    viewer = f"Bearer {world.tokens['member:viewer']}"
    assert ask_h2(world, "ingress", [full, viewer], shared=shared).status == 403
    assert ask_h2(world, "admin", [full, viewer], "/deployments", shared=shared).status == 200


@pytest.mark.parametrize("role", ["full", "member:owner"])
def test_anything_but_two_fields_is_no_credential(world: World, role: str, shared: bool) -> None:
    mine = f"Bearer {world.tokens[role]}"
    for credentials in (
        [mine, ""], [mine, "Bearer "], [f"{mine}, {mine}"], [f"Bearer x, {mine}"], [f"{mine}, Bearer x"],
        ["x", f"{mine},"], [mine] * 3, ["", "", mine], [mine] * 50, [],
    ):  # fmt: skip
        answer = ask_h2(world, "ingress", credentials, shared=shared)
        assert answer.status in (400, 401), credentials
        assert json.loads(bytes(answer.body))["message"]


def test_http1_has_one_or_none(world: World) -> None:
    mine = ("Authorization", f"Bearer {world.tokens['full']}")
    for headers in ([mine, mine], [("Authorization", "Basic eDp5"), mine]):
        ask(world.port("ingress"), "/S/h", host=world.host(), headers=headers).assert_refusal(400)
    # No upgrade either: HTTP/2 begins with HTTP/2, or not at all.
    headers = [mine, ("Upgrade", "h2c"), ("HTTP2-Settings", ""), ("Connection", "Upgrade, HTTP2-Settings")]
    answer = ask(world.port("ingress"), "/S/h", host=world.host(), headers=headers)
    assert answer.status == 200
    assert "upgrade" not in answer.seen


def test_many_requests_of_one_connection_are_judged_one_by_one(world: World) -> None:
    """Fields of earlier requests are in the client's compression table; none of them counts again."""
    mine = f"Bearer {world.tokens['full']}"

    async def scenario() -> list[int]:
        async with Stock() as client:
            await client.reach(world.port("ingress"))
            asked = [[mine], ["x", mine], ["x"], [mine, "x"], ["x", mine], [mine, mine], [mine] * 3] * 20
            return [(await client.ask(world.host(), "/S/h", credentials)).status for credentials in asked]

    assert asyncio.run(scenario()) == [200, 200, 401, 401, 200, 200, 400] * 20


def test_large_bodies_pass_both_ways(world: World) -> None:
    mine, body = f"Bearer {world.tokens['full']}", os.urandom(5_000_000)

    async def scenario() -> Message:
        async with Stock() as client:
            await client.reach(world.own_port(1, "ingress"))
            number = client.begin("/S/h", [("authorization", "x"), ("authorization", mine)])
            await client.body(number, body)
            return await client.ended(number)

    answer = asyncio.run(scenario())
    assert answer.status == 200
    assert json.loads(bytes(answer.body))["bodyBytes"] == len(body)


@pytest.fixture
def own(stack: Stack) -> World:
    world = World(stack, {"full": stack.add_key(1, "full")})
    stack.start()
    return world


def test_who_sends_rubbish_is_cut_off_alone(own: World) -> None:
    mine = f"Bearer {own.tokens['full']}"
    process = own.stack.processes["h2c"]
    assert ask_h2(own, "ingress", ["x", mine]).status == 200
    before = descriptors(process.pid)

    async def rubbish() -> None:
        async with Stock() as client:
            await client.reach(own.port("ingress"))
            client.writer.write((65_537).to_bytes(3) + b"\x01\x04\0\0\0\x01")
            await client.wait(lambda: client.closed)

    for _ in range(20):
        asyncio.run(rubbish())
    until(lambda: descriptors(process.pid) <= before)


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))

"""The stock CLI's remote ports send a caller's own Authorization and, after it, the CLI's: the last one counts."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from tests.envrunner.edge.asking import ask
from tests.envrunner.edge.conftest import OTHERS, World
from tests.envrunner.edge.stack import Stack
from tests.envrunner.relay.peers import Engine, Message
from tests.support.waiting import until


def ask_h2(world: World, side: str, credentials: list[str], target: str = "/S/h", *, shared: bool = True) -> Message:
    """One request over a connection that begins with HTTP/2."""
    port = world.port(side) if shared else world.own_port(1, side)

    async def scenario() -> Message:
        async with Engine() as client:
            await client.connect(port)
            number = client.h2.get_next_available_stream_id()
            fixed = [(":method", "GET"), (":scheme", "http"), (":path", target), (":authority", world.host())]
            client.h2.send_headers(number, [*fixed, *(("authorization", one) for one in credentials)], end_stream=True)
            client.send()
            return await client.ended(number)

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
        async with Engine() as client:
            await client.connect(world.port("ingress"))
            numbers = []
            for credentials in ([mine], ["x", mine], ["x"], [mine, "x"], ["x", mine], [mine, mine], [mine] * 3) * 20:
                number = client.h2.get_next_available_stream_id()
                fixed = [(":method", "GET"), (":scheme", "http"), (":path", "/S/h"), (":authority", world.host())]
                fields = [*fixed, *(("authorization", one) for one in credentials)]
                client.h2.send_headers(number, fields, end_stream=True)
                client.send()
                numbers.append((await client.ended(number)).status)
            return numbers

    assert asyncio.run(scenario()) == [200, 200, 401, 401, 200, 200, 400] * 20


def test_large_bodies_pass_both_ways(world: World) -> None:
    url = f"http://127.0.0.1:{world.own_port(1, 'ingress')}/S/h"
    options = ["-sS", "--http2-prior-knowledge", "--data-binary", "@-", "-H", "Expect:", "-o", "/dev/null"]
    options += ["-H", f"Authorization: Bearer {world.tokens['full']}", "-w", "%{http_code} %{size_upload}"]
    done = subprocess.run(["curl", *options, url], input=b"x" * 20_000_000, capture_output=True, check=True)
    assert done.stdout == b"200 20000000"


@pytest.fixture
def own(stack: Stack) -> World:
    world = World(stack, {"full": stack.add_key(1, "full")})
    stack.start()
    return world


def test_who_sends_rubbish_is_cut_off_alone_and_http1_needs_no_helper(own: World) -> None:
    mine = f"Bearer {own.tokens['full']}"
    process = own.stack.processes["h2c"]
    assert ask_h2(own, "ingress", ["x", mine]).status == 200
    before = descriptors(process.pid)

    async def rubbish() -> None:
        async with Engine() as client:
            await client.connect(own.port("ingress"))
            client.writer.write((65_537).to_bytes(3) + b"\x01\x04\0\0\0\x01")
            await client.wait(lambda: client.closed)

    for _ in range(20):
        asyncio.run(rubbish())
    until(lambda: descriptors(process.pid) <= before)

    own.stack.kill("h2c")
    assert ask(own.port("ingress"), "/S/h", host=own.host(), token=own.tokens["full"]).status == 200
    own.stack.start_process("h2c")
    until(lambda: _answers(own, mine))


def _answers(world: World, credential: str) -> bool:
    try:
        return ask_h2(world, "ingress", [credential]).headers.get(":status") == "200"
    except OSError:
        return False


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))

"""Where a connection goes that has just begun, and what of its caller is still known then."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.envrunner.edge.asking import ask
from tests.envrunner.edge.conftest import World
from tests.envrunner.edge.prior import STOCK, Plain, Stock
from tests.envrunner.edge.stack import Stack
from tests.envrunner.relay.peers import Message
from tests.support.waiting import until

OTHER = "127.0.0.9"
EACH = 256


@pytest.fixture
def own(stack: Stack) -> World:
    world = World(stack, {"full": stack.add_key(1, "full")})
    world.tokens["near"] = stack.add_key(1, "full", secret="near", restrictions={"networks": ["127.0.0.9/32"]})
    stack.start()
    return world


@pytest.fixture
def stopped(own: World) -> Iterator[World]:
    """Whoever comes by way of h2c waits."""
    number = own.stack.processes["h2c"].pid
    os.kill(number, signal.SIGSTOP)
    yield own
    os.kill(number, signal.SIGCONT)


def asked(
    world: World, kind: type[Plain], *credentials: str, source: str = "127.0.0.1", token: str = "full"
) -> Message:
    """By a connection of its own; ``credentials`` come before the ``token``'s."""

    async def scenario() -> Message:
        async with kind() as client:
            await client.reach(world.port("ingress"), source)
            mine = f"Bearer {world.tokens[token]}"
            return await client.ask(world.host(), "/S/h", [*credentials, mine])

    return asyncio.run(scenario())


def test_only_what_begins_like_the_cli_waits_for_the_helper(stopped: World) -> None:
    assert asked(stopped, Plain).status == 200
    bearer = ["-H", f"Authorization: Bearer {stopped.tokens['full']}", "-H", f"Host: {stopped.host()}"]
    url = f"http://127.0.0.1:{stopped.port('ingress')}/S/h"
    curl = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{http_version}"]
    for option, version in (("--http2-prior-knowledge", b"2"), ("--http1.1", b"1.1")):
        done = subprocess.run([*curl, option, *bearer, url], capture_output=True, check=True, timeout=30)
        assert done.stdout == b"200 " + version


@pytest.mark.parametrize("pieces", [1, 24, 56], ids=["by bytes", "after the preface", "before the last byte"])
def test_the_beginning_may_come_in_pieces(world: World, pieces: int) -> None:
    async def scenario() -> int:
        async with Stock() as client:
            client.begins = lambda own: b""  # type: ignore[method-assign]
            await client.reach(world.port("ingress"))
            for place in range(0, len(STOCK), pieces):
                client.writer.write(STOCK[place : place + pieces])
                await client.writer.drain()
                await asyncio.sleep(0)
            mine = f"Bearer {world.tokens['full']}"
            return (await client.ask(world.host(), "/S/h", ["x", mine])).status

    assert asyncio.run(scenario()) == 200


def test_without_the_helper_one_credential_is_enough(own: World) -> None:
    own.stack.kill("h2c")
    assert asked(own, Stock).status == 200
    refused = asked(own, Stock, "x")
    assert refused.status == 400
    assert "Authorization" in json.loads(bytes(refused.body))["message"]
    own.stack.start_process("h2c")
    until(lambda: asked(own, Stock, "x").status == 200)


def test_callers_are_known_by_their_address_whichever_way_they_come(own: World) -> None:
    for kind in (Plain, Stock):
        assert asked(own, kind, source=OTHER, token="near").status == 200
        assert asked(own, kind, token="near").status == 403
    own.stack.kill("h2c")
    assert asked(own, Stock, source=OTHER, token="near").status == 200
    assert asked(own, Stock, token="near").status == 403
    until(lambda: len(refused(own)) == 3)
    assert {(one["client"], one["port"]) for one in refused(own)} == {("127.0.0.1", str(own.port("ingress")))}


def test_nobody_names_another_address(own: World) -> None:
    port = own.port("ingress")
    for line in (f"PROXY TCP4 {OTHER} {OTHER} 1 {port}\r\n", f"{port}\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as plug:
            plug.sendall(line.encode() + b"GET /S/h HTTP/1.1\r\nHost: x\r\n\r\n")
            assert plug.recv(65_536).startswith(b"HTTP/1.1 400 ")
    headers = [("Forwarded", f"for={OTHER}"), ("X-Forwarded-For", OTHER), ("X-Real-IP", OTHER)]
    answer = ask(port, "/S/h", host=own.host(), token=own.tokens["near"], headers=headers)
    assert answer.status == 403
    # Nor comes anybody in where names are believed.
    for directory in ("b", "p"):
        assert not (own.stack.run / "edge" / directory).stat().st_mode & 0o077


def test_one_address_takes_a_part_of_the_helper_only(own: World) -> None:
    async def scenario() -> list[int]:
        clients = [await Stock().reach(own.port("ingress")) for _ in range(EACH + 20)]
        mine = f"Bearer {own.tokens['full']}"
        try:
            one = [(await client.ask(own.host(), "/S/h", [mine])).status for client in clients]
            assert one == [200] * len(clients)
            two = [(await client.ask(own.host(), "/S/h", ["x", mine])).status for client in clients]
            async with Stock() as other:
                await other.reach(own.port("ingress"), OTHER)
                return [*sorted(two), (await other.ask(own.host(), "/S/h", ["x", mine])).status]
        finally:
            for client in clients:
                await client.close()

    assert asyncio.run(scenario()) == [200] * EACH + [400] * 20 + [200]


def refused(world: World) -> list[dict[str, Any]]:
    log = world.stack.home / "logs" / "edge-refused.log"
    return [json.loads(line) for line in log.read_text().splitlines()]

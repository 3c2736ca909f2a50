"""Two relay nodes of one region: each carries calls for tunnels that the other holds."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx2
import pytest
import redis

from embedded.valkey import _binary
from tests.envrunner.relay.container_client import ContainerClient
from tests.envrunner.relay.dialling import dialled, engine, introduction, path
from tests.envrunner.relay.environments import MINE, OTHERS
from tests.envrunner.relay.node import RelayNode, raw_connection, until_async
from tests.envrunner.relay.peers import Engine, Message
from tests.support.waiting import until


class Broker:
    """Redis on a unix socket."""

    def __init__(self, directory: Path) -> None:
        self._socket = directory / "redis.sock"
        self.url = f"redis+socket://{self._socket}?virtual_host=0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        arguments = ["--port", "0", "--unixsocket", str(self._socket), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([_binary(), *arguments], stdout=subprocess.DEVNULL)
        until(self._answers)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _answers(self) -> bool:
        try:
            return bool(redis.Redis(unix_socket_path=str(self._socket)).ping())
        except redis.ConnectionError:
            return False


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def nodes(broker: Broker) -> Iterator[tuple[RelayNode, RelayNode]]:
    first = RelayNode()
    second = RelayNode(beside=first)
    try:
        for node in (first, second):
            url = f"http://127.0.0.1:{node.proxy_port}"
            node.settings |= {"REDIS_URL": broker.url, "RELAY_NODE_URL": url, "RELAY_DRAIN_SECONDS": 5}
            node.settings["RELAY_PING_SECONDS"] = 0.5
        first.add_environment(MINE)
        first.add_environment(OTHERS, account="acc_2")
        yield first.start(), second.start()
    finally:
        second.stop()
        first.stop()


def ready(*nodes: RelayNode) -> str:
    """A credential that every node knows."""
    token = nodes[0].add_key(MINE)

    async def opens(node: RelayNode) -> bool:
        async with dialled(node, introduction(token, name="probe")) as client:
            return client.told.get("tunnel-status") == "ok"

    for node in nodes:
        until(lambda node=node: asyncio.run(opens(node)))  # type: ignore[misc]
    return token


async def found(node: RelayNode, caller: Engine, name: str = "laptop") -> None:
    """Until calls to this node reach the tunnel."""
    async with asyncio.timeout(20):
        while (await caller.call(path(name), node.signed(MINE))).status != 200:  # noqa: ASYNC110 Redis tells it
            await asyncio.sleep(0.02)


def test_a_node_that_does_not_hold_the_tunnel_forwards(nodes: tuple[RelayNode, RelayNode]) -> None:
    first, second = nodes
    token, body = ready(*nodes), os.urandom(3 * 1024 * 1024)

    async def scenario() -> Message:
        async with dialled(first, introduction(token)) as client, engine(second) as caller:
            await found(second, caller)
            signed = second.signed(MINE)
            answer = await caller.call(path(rest="/http/localhost/9080/invoke?x=1"), [*signed, ("x-own", "1")], body)
            assert bytes(answer.body) == body
            url = f"http://127.0.0.1:{second.proxy_port}{path()}"
            async with httpx2.AsyncClient(trust_env=False) as http:
                assert (await http.post(url, headers=signed, content=b"old")).content == b"old"
            assert client.calls[-1].headers["x-restate-tunnel-http-version"] == "HTTP/1.1"
            return client.calls[-2]

    call = asyncio.run(scenario())
    assert call.headers[":path"] == "/http/localhost/9080/invoke?x=1"
    assert call.headers["x-own"] == "1"
    assert not [name for name in call.headers if name.startswith("x-envrunner") or name.endswith("http-version")]


def test_another_node_verifies_for_itself(nodes: tuple[RelayNode, RelayNode]) -> None:
    first, second = nodes
    token = ready(*nodes)

    async def scenario() -> None:
        async with dialled(first, introduction(token)) as client, engine(second) as caller:
            await found(second, caller)
            seen = len(client.calls)
            for number in (MINE, OTHERS):
                answer = await caller.call(path(number=number), second.signed(number, signer=3 - number))
                assert answer.status == 401
            # Who claims to be another node is believed nothing but that.
            forwarded = [*first.signed(OTHERS), ("x-envrunner-relay-forwarded", "2")]
            async with engine(first) as direct:
                assert (await direct.call(path(), forwarded)).status == 401
            assert len(client.calls) == seen

    asyncio.run(scenario())


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
            answer = await caller.call(path(), second.signed(MINE))
            assert answer.status == 503

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


def test_connections_between_nodes_end_when_nobody_needs_them(nodes: tuple[RelayNode, RelayNode]) -> None:
    first, second = nodes
    token = ready(*nodes)

    async def scenario() -> None:
        async with dialled(first, introduction(token)) as client, engine(second) as caller:
            await found(second, caller)
            client.answer = _never
            number = caller.begin(path(), second.signed(MINE), end=True)
            await client.wait(lambda: not client.calls[-1].reset and len(client.calls) > 1)
            needed = descriptors(first)
            caller.h2.reset_stream(number, 8)
            caller.send()
            await until_async(lambda: descriptors(first) < needed)
            client.answer = client.echo
            assert (await caller.call(path(), second.signed(MINE), b"x")).status == 200

    asyncio.run(scenario())


async def _never(number: int, message: Message) -> None:
    """Answers nothing."""


def descriptors(node: RelayNode) -> int:
    assert node.process is not None
    return len(list(Path(f"/proc/{node.process.pid}/fd").iterdir()))

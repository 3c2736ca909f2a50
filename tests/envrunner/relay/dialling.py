"""Opening a tunnel, as the clients do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.envrunner.relay.environments import MINE
from tests.envrunner.relay.node import RelayNode, environment_id, label
from tests.envrunner.relay.peers import Dialled, Engine, Message
from tests.support.waiting import until

_REFUSED_STREAM = 7


def introduction(token: str, number: int = MINE, name: str | None = "laptop") -> dict[str, str]:
    named = {"tunnel-name": name} if name is not None else {}
    return {"authorization": f"Bearer {token}", "environment-id": environment_id(number), **named}


@asynccontextmanager
async def dialled(node: RelayNode, credential: dict[str, str], window: int = 1024 * 1024) -> AsyncIterator[Dialled]:
    """A client once it has been told what comes of it."""
    async with Dialled(credential, window) as client:
        await client.connect(node.relay_port)
        await client.ended(1)
        yield client


@asynccontextmanager
async def engine(node: RelayNode, window: int = 1024 * 1024) -> AsyncIterator[Engine]:
    async with Engine(window) as made:
        yield await made.connect(node.proxy_port)


def path(name: str = "laptop", rest: str = "/http/localhost/9080/discover", number: int = MINE) -> str:
    """Of a call through a tunnel."""
    return f"/{label(number)}/{name}{rest}"


async def never(number: int, message: Message) -> None:
    """Answers nothing."""


def ready(*nodes: RelayNode, number: int = MINE) -> str:
    """A credential that every relay of them knows."""
    token = nodes[0].add_key(number)

    async def opens(node: RelayNode) -> bool:
        async with dialled(node, introduction(token, number, "probe")) as client:
            return client.told.get("tunnel-status") == "ok"

    for node in nodes:
        until(lambda node=node: asyncio.run(opens(node)))  # type: ignore[misc]
    return token


async def found(node: RelayNode, caller: Engine, name: str = "laptop", status: int = 200) -> None:
    """Until calls to this node reach the tunnel, or are answered with another ``status``."""
    async with asyncio.timeout(60):
        while (await caller.call(path(name), node.signed(MINE))).status != status:  # noqa: ASYNC110 Redis tells it
            await asyncio.sleep(0.02)


def refusing_all(client: Dialled) -> Callable[[int, Message], Awaitable[None]]:
    """An answer that says: I have not looked at this call."""

    async def refuse(number: int, message: Message) -> None:
        client.h2.reset_stream(number, _REFUSED_STREAM)
        client.send()

    return refuse

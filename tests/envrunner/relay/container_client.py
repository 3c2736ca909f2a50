"""A double of the container client (restatedev/restate-cloud-tunnel-client): only how it opens and changes connections.

Told that a connection will end, it opens another one first, and lets the old one finish its calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.envrunner.relay.peers import Dialled, Message

_PAUSE_SECONDS = 0.02


class ContainerClient:
    """In a ``with`` block it holds one connection to one of ``ports``, the next one after each end."""

    def __init__(self, credential: dict[str, str], ports: Sequence[int]) -> None:
        self._credential = {**credential, "supports-drain": "true"}
        self._ports = list(ports)
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections: list[Dialled] = []
        """In the order they were opened."""

    async def __aenter__(self) -> Self:
        await self.dial()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        for one in self.connections:
            await one.close()

    async def dial(self) -> None:
        """Until somebody lets it in: every error is tried again, elsewhere."""
        while True:
            self._ports.append(self._ports.pop(0))
            one = Dialled(self._credential)
            with suppress(OSError):
                await one.connect(self._ports[-1])
                if (await one.ended(1)).trailers.get("tunnel-status") == "ok":
                    break
            await asyncio.sleep(_PAUSE_SECONDS)
        plainly = one.answer

        async def answer(number: int, message: Message) -> None:
            if message.headers[":path"] == "/_/drain-tunnel":
                task = asyncio.create_task(self.dial())
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            await plainly(number, message)

        one.answer = answer
        self.connections.append(one)

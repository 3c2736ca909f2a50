"""How much of this process one caller may take, however many connections they open."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType

_SHARE = 0.25
_AT_ONCE_SECONDS = 0.05
_GROUPS = 1024


class Turns:
    """``async with`` it some work that does not wait: one at a time, first come, first served.

    They take a quarter of a processor together, beyond 50 ms; whoever comes next waits until that is so.
    """

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()
        self._owed = 0.0
        self._since = time.monotonic()
        self._began = 0.0

    async def __aenter__(self) -> None:
        await self._one_at_a_time.acquire()
        self._began = time.thread_time()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        now, spent = time.monotonic(), time.thread_time() - self._began
        self._owed = max(0.0, self._owed - (now - self._since) * _SHARE) + spent
        self._since = now
        try:
            # Others come in between even when nothing is owed: sockets with enough to read wait for nobody.
            await asyncio.sleep(max(0.0, self._owed - _AT_ONCE_SECONDS) / _SHARE)
        finally:
            self._one_at_a_time.release()


class Callers:
    """By address. So many groups and no more: nothing grows with callers, and a few of them share."""

    def __init__(self) -> None:
        self._turns = [Turns() for _ in range(_GROUPS)]

    def turns_of(self, address: bytes) -> Turns:
        """Python's hash of bytes is another one in each process, so that nobody chooses whom they share with."""
        return self._turns[hash(address) % _GROUPS]

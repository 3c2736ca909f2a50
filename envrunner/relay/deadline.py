"""By when a connection's other side must have gone on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Deadline:
    """``passed`` is called when it has not."""

    def __init__(self, passed: Callable[[], None]) -> None:
        self._passed = passed
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float | None) -> None:
        """From now; None: no matter when."""
        if self._timer is not None:
            # It would keep the connection in memory until its time.
            self._timer.cancel()
            self._timer = None
        if seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._passed)

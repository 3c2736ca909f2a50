"""How long to wait for what takes its time on a busy machine."""

from __future__ import annotations

import time
from collections.abc import Callable


class Patience:
    """Runs out when nothing has changed for so many seconds."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._seen: object = None
        self._until = now() + seconds

    def is_left(self, seen: object) -> bool:
        """``seen`` is how it is now; whatever differs from the last time is a change."""
        if seen != self._seen:
            self._seen, self._until = seen, self._now() + self._seconds
        return self._now() <= self._until

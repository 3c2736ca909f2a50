"""How much may be held at once of answers that are kept until they are whole: everybody's calls pass this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

MOST_OF_ONE = 20 * 1024 * 1024
MOST_OF_ALL = 256 * 1024 * 1024


class NoRoom(Exception):
    """The text says to whoever asked what to do."""


class Share:
    """What one call holds."""

    def __init__(self, held: Counter[str], whose: str) -> None:
        self._held, self._whose = held, whose
        self.size = 0

    def take(self, size: int) -> None:
        """Raises `NoRoom`."""
        if self._held[self._whose] + size > MOST_OF_ONE or self._held.total() + size > MOST_OF_ALL:
            raise NoRoom("Too many large answers are on their way to viewers right now; please try again.")
        self._held[self._whose] += size
        self.size += size


class Room:
    """Bytes by whose they are, such as an engine's slot."""

    def __init__(self) -> None:
        self._held = Counter[str]()

    @contextmanager
    def share(self, whose: str) -> Iterator[Share]:
        """Given back at the end."""
        share = Share(self._held, whose)
        try:
            yield share
        finally:
            self._held[whose] -= share.size
            if not self._held[whose]:
                del self._held[whose]

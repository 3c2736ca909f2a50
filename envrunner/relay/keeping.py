"""Of which calls the body is kept, so that another tunnel may get it: bounded, for each environment and for all."""

from __future__ import annotations

from collections import Counter

MOST_OF_CALL = 64 * 1024
"""Enough for what an invocation begins with."""
MOST_OF_ENVIRONMENT = 16 * 1024 * 1024
MOST = 64 * 1024 * 1024


class Keeping:
    """Counts bytes. A call for which there is no room goes on all the same; it is only not made again here."""

    def __init__(self) -> None:
        self._all = 0
        self._by_label: Counter[str] = Counter()

    def keep(self, label: str, size: int) -> bool:
        """Whether there is room for so many more bytes of this environment."""
        if self._all + size > MOST or self._by_label[label] + size > MOST_OF_ENVIRONMENT:
            return False
        self._all += size
        self._by_label[label] += size
        return True

    def let_go(self, label: str, size: int) -> None:
        """Of what was kept, so much is not any more."""
        if size:
            self._all -= size
            self._by_label[label] -= size
            if not self._by_label[label]:
                del self._by_label[label]

    @property
    def bytes(self) -> int:
        """Kept now."""
        return self._all

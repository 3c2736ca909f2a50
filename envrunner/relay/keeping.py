"""Of which calls the body is kept, so that another tunnel may get it: bounded, for each environment and for all."""

from __future__ import annotations

from typing import Final

MOST_OF_CALL: Final = 65_536
"""Enough for what an invocation begins with."""
MOST_OF_ENVIRONMENT: Final = 16_777_216
MOST: Final = 67_108_864


class Keeping:
    """Counts bytes. A call for which there is no room goes on all the same; it is only not made again here."""

    def __init__(self) -> None:
        self._all = 0
        self._by_label: dict[str, int] = {}

    def keep(self, label: str, size: int) -> bool:
        """Whether there is room for so many more bytes of this environment."""
        kept = self._by_label.get(label, 0) + size
        if self._all + size > MOST or kept > MOST_OF_ENVIRONMENT:
            return False
        self._all += size
        self._by_label[label] = kept
        return True

    def let_go(self, label: str, size: int) -> None:
        """Of what was kept, so much is not any more."""
        if size:
            self._all -= size
            left = self._by_label[label] - size
            if left:
                self._by_label[label] = left
            else:
                del self._by_label[label]

    @property
    def bytes(self) -> int:
        """Kept now."""
        return self._all

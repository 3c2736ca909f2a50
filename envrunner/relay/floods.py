"""What a peer may ask for besides the calls themselves: frames that cost it nothing and us time."""

from __future__ import annotations

import time

from envrunner.relay.frames import ConnectionFailed, ErrorCodes

_MOST = 5000
_PER_SECOND = 500
_EARNED = 2


class Patience:
    """One connection's. It grows back with time, and with what a peer's frames have been good for."""

    def __init__(self) -> None:
        self._left = float(_MOST)
        self._since = time.monotonic()

    def spend(self, points: float = 1) -> None:
        """Raises `ConnectionFailed` when there is none left (RFC 9113 §10.5)."""
        self._left -= points
        if self._left < 0:
            self._grow(points)

    def earn(self) -> None:
        """A call was answered, or much was sent that the peer had made room for."""
        if self._left < _MOST:
            self._left += _EARNED

    def expect(self) -> None:
        """We ended a stream: what was on its way then is not the peer's fault, however many there were."""
        self._left += _EARNED

    def _grow(self, points: float) -> None:
        now = time.monotonic()
        self._left = min(float(_MOST), self._left + (now - self._since) * _PER_SECOND)
        self._since = now
        if self._left < 0:
            raise ConnectionFailed(ErrorCodes.ENHANCE_YOUR_CALM, f"too many frames to no end ({points:g} more)")

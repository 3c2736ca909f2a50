"""How many Kafka subscriptions an engine has: each is a consumer of its own in it. The engine itself has no bound."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from envrunner.client import Unreachable

_TURN_SECONDS = 5.0
_SHOWN_SECONDS = 2.0
_LOOK_SECONDS = 0.02
_TIMEOUT_SECONDS = 3.0


class _Turn:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.known, self.until = -1, 0.0
        """So many there were when the last one was let through, which shows by then."""


class Subscriptions:
    """Thread-safe. One environment's come one after the other, so that many at once get no further than a few."""

    def __init__(self, sockets: Path) -> None:
        self._sockets = sockets
        self._turns: dict[str, _Turn] = {}

    def have_room(self, label: str, most: int) -> bool:
        """Whether the engine may be told of one more. Raises `Unreachable`: nobody can say."""
        with self._turn(label) as turn:
            count = self._count(label)
            # The one before may be on its way to the engine, or have been refused by it.
            while count == turn.known and time.monotonic() < turn.until:
                time.sleep(_LOOK_SECONDS)
                count = self._count(label)
            if count >= most:
                return False
            turn.known, turn.until = count, time.monotonic() + _SHOWN_SECONDS
            return True

    @contextmanager
    def _turn(self, label: str) -> Iterator[_Turn]:
        turn = self._turns.setdefault(label, _Turn())
        if not turn.lock.acquire(timeout=_TURN_SECONDS):
            raise Unreachable("too many subscriptions of this environment are asked about at once")
        try:
            yield turn
        finally:
            turn.lock.release()

    def _count(self, label: str) -> int:
        transport = httpx2.HTTPTransport(uds=str(self._sockets / label / "a.sock"))
        try:
            with httpx2.Client(transport=transport, timeout=_TIMEOUT_SECONDS, trust_env=False) as http:
                answer = http.get("http://engine/subscriptions")
                return len(answer.raise_for_status().json()["subscriptions"])
        except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
            raise Unreachable(f"the engine does not say which subscriptions it has ({type(error).__name__})") from error

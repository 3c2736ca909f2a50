"""Wakes long polls the moment a change is committed.

A lost connection only costs time: waiting polls are woken, find nothing, and poll again.
"""

import asyncio
import contextlib

from controlplane.core.notifications import Notifications
from controlplane.edge_log.service import CHANNEL


class Listener:
    """`event()` gives an asyncio event that is set by the next committed change."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._event = asyncio.Event()
        self._notifications = Notifications("edge-feed-listener", (CHANNEL,), self._heard)

    def start(self) -> None:
        self._notifications.start()

    def stop(self) -> None:
        """Also wakes every long poll, so that the process can end at once."""
        self._notifications.stop()
        self._wake()

    @property
    def stopping(self) -> bool:
        return self._notifications.stopping

    def event(self) -> asyncio.Event:
        return self._event

    def _heard(self, _channel: str | None, _payload: str) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        waiting, self._event = self._event, asyncio.Event()
        waiting.set()

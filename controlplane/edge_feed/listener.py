"""Wakes long polls the moment a change is committed: one thread per process on PostgreSQL's NOTIFY.

A lost connection only costs time: waiting polls are woken, find nothing, and poll again.
"""

import asyncio
import contextlib
import threading
import time
from typing import Any

import psycopg
import structlog

from controlplane.core.database import engine
from controlplane.edge_log.service import CHANNEL

log = structlog.get_logger()
_RECONNECT_SECONDS = 0.5
_CHECK_SECONDS = 5.0
# A server that vanishes without a word (a host that dies, a firewall that forgets) is noticed within half a minute.
_TCP: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


class Listener:
    """`event()` gives an asyncio event that is set by the next committed change."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._event = asyncio.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="edge-feed-listener", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Also wakes every long poll, so that the process can end at once."""
        self._stopping.set()
        self._wake()

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def event(self) -> asyncio.Event:
        return self._event

    def _run(self) -> None:
        while not self.stopping:
            try:
                self._listen()
            except psycopg.Error as error:
                log.warning("edge_feed_listener_lost", error=str(error))
                self._wake_from_thread()
                time.sleep(_RECONNECT_SECONDS)

    def _listen(self) -> None:
        url = engine().url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True, **_TCP) as connection:
            connection.execute(f"LISTEN {CHANNEL}".encode())
            self._wake_from_thread()
            while not self.stopping:
                for _ in connection.notifies(timeout=_CHECK_SECONDS, stop_after=1):
                    self._wake_from_thread()

    def _wake_from_thread(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        waiting, self._event = self._event, asyncio.Event()
        waiting.set()

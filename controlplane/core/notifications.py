"""PostgreSQL's NOTIFY, heard by one thread of this process on a connection of its own.

What is told while the connection is lost is lost too: listeners are woken whenever it was made anew, and look.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import structlog

from controlplane.core.database import engine

Heard = Callable[[str | None, str], None]
log = structlog.get_logger()
_RECONNECT_SECONDS = 0.5
# A server that vanishes without a word (a host that dies, a firewall that forgets) is noticed within half a minute.
_TCP: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


class Notifications:
    """Calls `heard(channel, payload)` in its thread; `heard(None, "")` whenever something may have been missed."""

    def __init__(self, name: str, channels: Sequence[str], heard: Heard, check_seconds: float = 5.0) -> None:
        """`check_seconds`: how long the thread may live on after `stop`."""
        self._name, self._channels, self._heard, self._check_seconds = name, channels, heard, check_seconds
        self._stopping = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def _run(self) -> None:
        while not self.stopping:
            try:
                self._listen()
            except psycopg.Error as error:
                log.warning("notifications_lost", listener=self._name, error=str(error))
                self._heard(None, "")
                time.sleep(_RECONNECT_SECONDS)

    def _listen(self) -> None:
        url = engine().url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True, application_name=self._name, **_TCP) as connection:
            for channel in self._channels:
                connection.execute(f"LISTEN {channel}".encode())
            self._heard(None, "")
            while not self.stopping:
                for told in connection.notifies(timeout=self._check_seconds, stop_after=1):
                    self._heard(told.channel, told.payload)

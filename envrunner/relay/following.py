"""The relay's own copy of the tables: on disk, so that it works without the control plane, and in memory."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from envrunner.client import InternalClient
from envrunner.edge import feed
from envrunner.edge.tables import Change, Tables
from envrunner.relay.standing import Standing

_log = structlog.get_logger(__name__)


class Follower:
    """A thread follows the change log: disk first, then `Standing` on the loop's thread."""

    def __init__(self, tables: Tables, standing: Standing) -> None:
        self._tables = tables
        self._standing = standing
        self._loop = asyncio.get_running_loop()
        self.known = asyncio.Event()
        """Set as soon as there are tables, of whatever age."""

    @property
    def sequence(self) -> int | None:
        """The last change the disk has."""
        return self._tables.sequence

    def start(self, client: InternalClient) -> None:
        """Begin with what the disk has."""
        if self.sequence is not None:
            self._standing.apply(self._tables.entries())
            self.known.set()
        threading.Thread(target=self._follow, args=(client,), name="feed", daemon=True).start()

    def replace(self, sequence: int, tables: Mapping[str, Mapping[str, Any]]) -> None:
        """Take a snapshot."""
        self._tables.replace(sequence, tables)
        self._loop.call_soon_threadsafe(self._standing.replace, tables)
        self._loop.call_soon_threadsafe(self.known.set)

    def apply(self, sequence: int, changes: Sequence[Change]) -> None:
        """Take changes."""
        self._tables.apply(sequence, changes)
        entries = [(change["table"], change["key"], change["value"]) for change in changes]
        self._loop.call_soon_threadsafe(self._standing.apply, entries)

    def _follow(self, client: InternalClient) -> None:
        """A relay that hears of no revocation must not look alive: it ends with the reason, and is started again."""
        try:
            feed.follow(client, self)
        except Exception:  # noqa: BLE001 whatever it was, it is logged and the process ends
            _log.exception("the relay ends")
            os._exit(1)

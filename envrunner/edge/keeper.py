"""Watches nginx: mends its tables after a restart, and grows its configuration before slots or ports run out."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from datetime import UTC, datetime

import structlog

from envrunner.edge import lines, nginx, rendering
from envrunner.edge.control import NginxAway, NginxState
from envrunner.edge.layout import LOG_NAMES, EdgeLayout
from envrunner.edge.mirror import Mirror
from envrunner.edge.rendering import Addresses
from envrunner.keep import logs

_log = structlog.get_logger(__name__)
_LOOK_SECONDS = 0.1
_CHECK_SECONDS = 1.0
_FORGET_SECONDS = 60.0
_RELOAD_SECONDS = 2.0
_LONGEST_RELOAD_SECONDS = 60.0
_LOG_BYTES = 32 * 1024 * 1024


class Keeper:
    """A new control socket means a new, empty nginx: that is looked at ten times a second, and is one `stat`."""

    def __init__(self, layout: EdgeLayout, addresses: Addresses, mirror: Mirror) -> None:
        self._layout = layout
        self._addresses = addresses
        self._mirror = mirror
        self._seen: tuple[int, int] | None = None
        self._check_at = 0.0
        self._reload_at = 0.0
        self._forget_at = 0.0
        self._reload_pause = _RELOAD_SECONDS
        self._workers: set[str] | None = None

    def run(self) -> None:
        """Never returns."""
        while True:
            self.look(time.monotonic())
            time.sleep(_LOOK_SECONDS)

    def look(self, now: float) -> None:
        """One round; ``now`` in seconds of a monotonic clock."""
        socket = self._identity()
        if socket is None or (socket == self._seen and now < self._check_at):
            return
        state = self._mirror.check()
        if state is None:
            return
        self._seen, self._check_at = socket, now + _CHECK_SECONDS
        self._rotate_logs()
        self._forget_expired(now)
        self._look_at_workers(state.master)
        if now >= self._reload_at:
            self._grow(state, now)

    def _look_at_workers(self, master: int) -> None:
        """Nobody takes back what a worker that was killed has counted of requests under way: they are counted anew.

        The first look tells nothing of those that ended before it.
        """
        try:
            workers = nginx.workers(master)
            if self._workers is None or self._workers - workers:
                self._mirror.forget_flights()
        except (OSError, NginxAway):
            return
        self._workers = workers

    def _rotate_logs(self) -> None:
        for name in LOG_NAMES:
            # A full disk must not keep changes from reaching nginx.
            with contextlib.suppress(OSError):
                logs.rotate(self._layout.logs / name, _LOG_BYTES)
        lines.rotate(self._layout.lines)

    def _forget_expired(self, now: float) -> None:
        if now >= self._forget_at:
            if (labels := self._mirror.labels()) is not None:
                lines.forget(self._layout.lines, labels)
            with contextlib.suppress(NginxAway):
                left = self._mirror.forget_expired(datetime.now(UTC))
                self._forget_at = now + (_CHECK_SECONDS if left else _FORGET_SECONDS)

    def _identity(self) -> tuple[int, int] | None:
        try:
            status = self._layout.control.stat()
        except OSError:
            return None
        return status.st_ino, status.st_ctime_ns

    def _grow(self, state: NginxState, now: float) -> None:
        loaded = state.rendering
        if not self._mirror.needs_more(loaded):
            self._reload_pause = _RELOAD_SECONDS
            return
        self._reload_at = now + self._reload_pause
        self._reload_pause = min(self._reload_pause * 2, _LONGEST_RELOAD_SECONDS)
        slots, wanted = self._mirror.plan(self._addresses, loaded.ports)
        if (wanted.last_slot, wanted.ports) != (loaded.last_slot, loaded.ports):
            try:
                rendering.write(self._layout, self._addresses, slots, wanted)
            except OSError as error:
                _log.error("the configuration cannot be written", reason=str(error))
                return
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                self._mirror.reloads(state)
                os.kill(state.master, signal.SIGHUP)
            _log.info("nginx reloads", last_slot=wanted.last_slot, ports=len(wanted.ports))

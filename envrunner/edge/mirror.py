"""Keeps nginx's shared tables equal to the edge's copy on disk."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog

from envrunner.edge import compact, links, nginx, ports
from envrunner.edge.compact import Pair
from envrunner.edge.control import Control, NginxAway, NginxState
from envrunner.edge.layout import EdgeLayout
from envrunner.edge.rendering import Addresses, Rendering
from envrunner.edge.tables import Change, Tables

_log = structlog.get_logger(__name__)
_KEPT = timedelta(hours=1)
_FORGOTTEN_AT_ONCE = 5000
# What a reload takes, and nginx's keepalive_min_timeout: until then what comes on a kept connection is answered.
_LEAVING_SECONDS = 10.0


class _Reload(NamedTuple):
    """Workers from before it know no slot beyond ``last_slot``."""

    last_slot: int
    workers: set[str]
    until: float


class Mirror:
    """Disk first, then nginx. Whatever goes wrong in between, the next `check` sees that epoch or sequence differ."""

    def __init__(self, layout: EdgeLayout, tables: Tables) -> None:
        self._tables = tables
        self._layout = layout
        self._control = Control(layout.control)
        self._lock = threading.RLock()
        self._left: dict[str, int] = {}
        self._reload = _Reload(0, set(), 0.0)

    @property
    def sequence(self) -> int | None:
        """The last change the disk has."""
        with self._lock:
            return self._tables.sequence

    def start(self) -> None:
        """Make the links again: the runtime directory does not survive a reboot.

        When the copy on disk is lost but nginx still runs, its kept connections belong to the numbers it knows.
        """
        if self._tables.sequence is None:
            with contextlib.suppress(NginxAway):
                state = self._control.state()
                if state.epoch:
                    self._tables.skip_slots(state.rendering.last_slot + 1)
        self._make_links()

    def replace(self, sequence: int, tables: Mapping[str, Mapping[str, Any]]) -> None:
        """Take a snapshot."""
        with self._lock:
            self._tables.replace(sequence, tables)
            self._make_links()
            with contextlib.suppress(NginxAway):
                self._replace_all()

    def apply(self, sequence: int, changes: Sequence[Change]) -> None:
        """Take changes; nginx has them when this returns, unless it is away."""
        with self._lock:
            before = self._tables.sequence
            pairs = self._tables.apply(sequence, changes)
            if any(change["table"] == "routes" for change in changes):
                self._make_links()
            with contextlib.suppress(NginxAway):
                state = self._control.state()
                if (state.epoch, state.sequence) == (self._tables.epoch, before):
                    self._control.apply(pairs, self._tables.epoch, sequence)
                else:
                    self._replace_all()

    def fresh(self, label: str) -> bool:
        """Whether every further request to this engine's sockets connects anew; False: not yet, ask again.

        A slot of which nginx keeps no connections does that, at once and without a reload.
        """
        with self._lock:
            try:
                state = self._control.state()
                if self._tables.next_slot > self._known_to_all(state):
                    return False
            except NginxAway:
                # An nginx that starts keeps no connections.
                return True
            slot = self._tables.slots().get(label)
            if slot is None:
                return True
            self._left[label] = slot
            pairs = self._tables.change_slot(label)
            self._make_links()
            return self._told(state, pairs)

    def check(self) -> NginxState | None:
        """Compare and mend; what nginx holds now, or None when it is away."""
        with self._lock:
            try:
                state = self._control.state()
                sequence = self._tables.sequence
                if sequence is not None and (state.epoch, state.sequence) != (self._tables.epoch, sequence):
                    self._replace_all()
            except NginxAway:
                return None
            return state

    def forget_expired(self, now: datetime) -> int:
        """Drop credentials that expired a while ago, and say how many: nginx's room for them is bounded.

        nginx first: what the disk still has is dropped the next time. Until then a caller reads that it has expired.
        Raises NginxAway.
        """
        with self._lock:
            digests = self._tables.expired(now - _KEPT, _FORGOTTEN_AT_ONCE)
            state, held = self._control.state(), (self._tables.epoch, self._tables.sequence or 0)
            if not digests or (state.epoch, state.sequence) != held:
                return 0
            self._control.apply([pair for one in digests for pair in compact.principal(one, None)], *held)
            self._tables.forget(digests)
            return len(digests)

    def labels(self) -> set[str] | None:
        """Of all environments there are; None when that is not known yet."""
        with self._lock:
            return None if self._tables.sequence is None else set(self._tables.routes())

    def needs_more(self, loaded: Rendering) -> bool:
        """See `ports.needs_more`."""
        with self._lock:
            return ports.needs_more(self._tables, loaded)

    def plan(self, addresses: Addresses, held: Iterable[int]) -> tuple[list[int], Rendering]:
        """See `ports.plan`."""
        with self._lock:
            return ports.plan(self._tables, addresses, held)

    def used(self, since: int) -> dict[str, int]:
        """Last uses of API keys; see `Control.used`. Raises NginxAway."""
        with self._lock:
            return self._control.used(since)

    def forget_flights(self) -> None:
        """See `Control.forget_flights`. Raises NginxAway."""
        with self._lock:
            self._control.forget_flights()

    def throttled(self) -> dict[tuple[str, str, str], int]:
        """See `Control.throttled`. Raises NginxAway."""
        with self._lock:
            return self._control.throttled()

    def reloads(self, state: NginxState) -> None:
        """nginx is about to take more slots: its workers of now will not know them. Raises OSError."""
        with self._lock:
            until = time.monotonic() + _LEAVING_SECONDS
            self._reload = _Reload(state.rendering.last_slot, nginx.workers(state.master), until)

    def _known_to_all(self, state: NginxState) -> int:
        """The last slot that no worker would fail at: one from before a reload still has connections that are kept."""
        last, reload = state.rendering.last_slot, self._reload
        with contextlib.suppress(OSError):
            if time.monotonic() < reload.until and reload.workers & nginx.workers(state.master):
                return min(last, reload.last_slot)
        return last

    def _told(self, state: NginxState, pairs: list[Pair]) -> bool:
        sequence = self._tables.sequence or 0
        try:
            if (state.epoch, state.sequence) == (self._tables.epoch, sequence):
                self._control.apply(pairs, self._tables.epoch, sequence)
            else:
                self._replace_all()
        except NginxAway:
            return False
        return True

    def _make_links(self) -> None:
        links.make(self._layout, self._tables.slots(), self._left)

    def _replace_all(self) -> None:
        sequence = self._tables.sequence or 0
        try:
            self._control.replace(self._tables.pairs(), self._tables.epoch, sequence)
        except NginxAway as error:
            _log.error("nginx did not take all tables", reason=str(error))
            raise
        _log.info("nginx has been given all tables", sequence=sequence)

"""The tunnels that are open at this node, and what is known of each."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from envrunner.wire import environment_id_of

if TYPE_CHECKING:
    from envrunner.relay.carrier import Carrier
    from envrunner.relay.customer import Customer

MOST_CONNECTIONS = 100
"""Of one environment, all its tunnels together; as many more may be leaving, with calls under way."""
COUNTS = ("requests", "errors", "bytes_to_service", "bytes_from_service")
_MOST_REMEMBERED = 100
_REMEMBERED_SECONDS = 3600.0


@dataclass(eq=False)
class Tunnel:
    """One name of one environment. Bytes are those of bodies; ``connections`` are in the order they came."""

    label: str
    name: str
    since: float = field(default_factory=time.time)
    connections: list[Customer] = field(default_factory=list)
    requests: int = 0
    errors: int = 0
    bytes_to_service: int = 0
    bytes_from_service: int = 0
    last_failure: str | None = None
    last_failure_at: float | None = None
    gone_at: float | None = None

    def counts(self) -> dict[str, int]:
        """`COUNTS` so far."""
        return {name: getattr(self, name) for name in COUNTS}

    def failed(self, reason: str) -> None:
        """Note it."""
        self.errors += 1
        self.last_failure, self.last_failure_at = reason, time.time()

    def view(self) -> dict[str, Any]:
        """As JSON (docs/tunnels.md)."""
        return {
            "environmentId": environment_id_of(self.label),
            "name": self.name,
            "connections": len(self.connections),
            "since": _time(self.since),
            "goneAt": _time(self.gone_at),
            "openRequests": sum(one.open_calls for one in self.connections),
            "requests": self.requests,
            "errors": self.errors,
            "bytesToService": self.bytes_to_service,
            "bytesFromService": self.bytes_from_service,
            "lastFailure": self.last_failure,
            "lastFailureAt": _time(self.last_failure_at),
        }


class Tunnels:
    """By environment and name."""

    def __init__(self) -> None:
        self._by_label: dict[str, dict[str, Tunnel]] = {}
        self._forgotten: dict[str, Counter[str]] = {}
        self._watches: list[asyncio.Event] = []
        self._connected: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Tunnel]:
        """Those that are open, or were within the last hour."""
        for label in list(self._by_label):
            self._forget_old(label)
        for named in self._by_label.values():
            yield from named.values()

    def totals(self) -> dict[str, Counter[str]]:
        """`COUNTS` by environment, of all tunnels there ever were: they never go back."""
        sums = {label: Counter(counts) for label, counts in self._forgotten.items()}
        for one in self:
            sums.setdefault(one.label, Counter()).update(one.counts())
        return sums

    def has_room(self, label: str) -> bool:
        """Whether the environment may have one more connection."""
        named = self._by_label.get(label, {})
        usable = sum(len(one.connections) for one in named.values())
        return usable < MOST_CONNECTIONS and self._connected[label] < 2 * MOST_CONNECTIONS

    def add(self, customer: Customer, label: str, name: str) -> Tunnel:
        """From now on calls go there."""
        self._forget_old(label)
        tunnel = self._by_label.setdefault(label, {}).setdefault(name, Tunnel(label, name))
        if not tunnel.connections:
            tunnel.since, tunnel.gone_at = time.time(), None
        tunnel.connections.append(customer)
        self._connected[label] += 1
        self._note_change()
        return tunnel

    def remove(self, customer: Customer, tunnel: Tunnel) -> None:
        """Nothing new goes there. Idempotent. What is known of the tunnel is remembered for a while."""
        if customer in tunnel.connections:
            tunnel.connections.remove(customer)
            self._note_change()
            tunnel.gone_at = None if tunnel.connections else time.time()

    def disconnected(self, label: str) -> None:
        """A connection that was added is no more, some time after it was removed."""
        self._connected[label] -= 1
        if not self._connected[label]:
            del self._connected[label]

    def find(self, label: str, name: str) -> Tunnel | None:
        """One with a connection."""
        found = self._by_label.get(label, {}).get(name)
        return found if found is not None and found.connections else None

    def watch(self) -> asyncio.Event:
        """Set when a connection comes or goes; whoever waits for it clears it."""
        self._watches.append(asyncio.Event())
        return self._watches[-1]

    def _note_change(self) -> None:
        for one in self._watches:
            one.set()

    def held(self) -> list[str]:
        """``<label>/<name>`` of each that calls can go through."""
        return [f"{one.label}/{one.name}" for one in self if one.connections]

    def _forget_old(self, label: str) -> None:
        named = self._by_label.get(label, {})
        gone = sorted((one for one in named.values() if one.gone_at is not None), key=lambda one: one.gone_at or 0.0)
        oldest = time.time() - _REMEMBERED_SECONDS
        for place, one in enumerate(gone):
            if (one.gone_at or 0.0) < oldest or place < len(gone) - _MOST_REMEMBERED:
                self._forgotten.setdefault(label, Counter()).update(one.counts())
                del named[one.name]
        if not named:
            self._by_label.pop(label, None)


def choose(tunnel: Tunnel, *, but: Collection[Carrier] = ()) -> Customer | None:
    """The connection with the fewest calls, the newest of those; after the failure of ``but`` the newest other."""
    if not but and len(tunnel.connections) == 1:
        only = tunnel.connections[0]
        return only if only.has_room else None
    usable = [one for one in reversed(tunnel.connections) if one.has_room and one not in but]
    return usable[0] if but and usable else min(usable, key=lambda one: one.open_calls, default=None)


def _time(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")

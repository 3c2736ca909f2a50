"""Where the names lead that engines may call in private networks: asked again and again, since packets carry none.

An address stays for an hour after a name last led there, so that what runs goes on while answers take turns, and longer
while nobody can say. It outlives the agent, on disk.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from queue import PriorityQueue

import structlog

from envrunner import durable
from envrunner.egress.networks import METADATA, PRIVATE
from envrunner.egress.rules import Address

_log = structlog.get_logger(__name__)
KEPT_SECONDS = 3600.0
_MOST_ADDRESSES = 64
"""Of one name; more are left out."""
_AT_ONCE = 8
_PATIENCE_SECONDS = 2.0
_NOWHERE = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


def resolve(host: str) -> frozenset[Address] | None:
    """Blocking; None: nobody can say just now."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        return frozenset() if error.errno in _NOWHERE else None
    except (OSError, UnicodeError):
        return None
    return frozenset(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found)


class Names:
    """Thread-safe. ``file`` keeps what is known; a name is asked for ``every`` so many seconds, when somebody looks."""

    def __init__(
        self,
        file: Path,
        every: float,
        ask: Callable[[str], frozenset[Address] | None] = resolve,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = file
        self._every = every
        self._ask = ask
        self._now = now
        self._changed = threading.Condition()
        self._queue: PriorityQueue[tuple[bool, int, str]] = PriorityQueue()
        self._places = count()
        self._asking: set[str] = set()
        self._workers = 0
        self._asked_at: dict[str, float] = {}
        self._seen: dict[str, dict[Address, float]] = {
            name: dict.fromkeys(found, now()) for name, found in _read(file).items()
        }

    def addresses(self, name: str) -> frozenset[Address]:
        """Those in private networks: of the others some need no leave, and some are no service of anybody's."""
        with self._changed:
            return frozenset(self._seen.get(name, ()))

    def look(self, names: Iterable[str]) -> None:
        """Ask for those that are due, and wait a moment for them; what takes longer is there next time.

        All others are forgotten.
        """
        wanted = set(names)
        with self._changed:
            for gone in (self._asked_at.keys() | self._seen.keys()) - wanted:
                self._asked_at.pop(gone, None)
                self._seen.pop(gone, None)
            due = [one for one in wanted - self._asking if self._is_due(one)]
            # Whoever has waited longest: names that take their time keep no other from its turn.
            for one in sorted(due, key=lambda one: (self._asked_at.get(one, 0.0), one)):
                self._ask_for(one)
            self._changed.wait_for(lambda: self._asking.isdisjoint(due), _PATIENCE_SECONDS)

    def save(self) -> None:
        """For the next agent: rules without these addresses would end what engines have under way."""
        with self._changed:
            known = {name: sorted(map(str, found)) for name, found in sorted(self._seen.items()) if found}
            text = json.dumps(known).encode()
            if text != _content(self._file):
                durable.write(self._file, text.decode())

    def _is_due(self, name: str) -> bool:
        asked_at = self._asked_at.get(name)
        return asked_at is None or self._now() - asked_at >= self._every

    def _ask_for(self, name: str) -> None:
        # One that nobody knows yet goes first: without it an engine is refused, and of the others there are addresses.
        known = name in self._asked_at or name in self._seen
        self._asked_at[name] = self._now()
        self._asking.add(name)
        self._queue.put((known, next(self._places), name))
        if self._workers < min(_AT_ONCE, len(self._asking)):
            self._workers += 1
            # Daemons: an answer that does not come must not keep the agent from ending.
            threading.Thread(target=self._work, name=f"names-{self._workers}", daemon=True).start()

    def _work(self) -> None:
        while True:
            _, _, name = self._queue.get()
            found = self._ask(name) if name in self._asked_at else None
            with self._changed:
                self._asking.discard(name)
                if found is not None and name in self._asked_at:
                    self._learn(name, found)
                self._changed.notify_all()

    def _learn(self, name: str, found: frozenset[Address]) -> None:
        now, before = self._now(), self._seen.get(name, {})
        seen = {one: at for one, at in before.items() if now - at < KEPT_SECONDS}
        seen |= dict.fromkeys(filter(_is_private, found), now)
        latest = sorted(seen, key=lambda one: (-seen[one], one.version, int(one)))[:_MOST_ADDRESSES]
        if set(latest) != set(before):
            _log.info("name leads elsewhere", name=name, addresses=[str(one) for one in latest])
        self._seen[name] = {one: seen[one] for one in latest}


def _is_private(address: Address) -> bool:
    return any(address in one for one in PRIVATE) and not any(address in one for one in METADATA)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b"{}"


def _read(file: Path) -> dict[str, list[Address]]:
    try:
        return {name: [ip_address(one) for one in found] for name, found in json.loads(_content(file)).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        # Somebody's hand was in it; names are asked for anyway.
        return {}

"""Who engines run as: when the node is root, a numeric account of its own for each, never given out twice."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import threading
from pathlib import Path

from envrunner import durable

RANGE = 100_000
# Above the ranges of login accounts, subordinate ids and containers, below 2^31. A block for each state directory,
# so that two nodes on one machine do not share accounts.
_LOWEST, _BLOCKS = 1_900_000_000, 2_400

# Whoever has this account reaches every engine: the first is for hosts where other programs run as the usual ones.
_EDGE_ACCOUNTS = ("restate-edge", "www-data", "nginx", "nobody")


_UID_MAP = Path("/proc/self/uid_map")


class AccountsExhausted(Exception):
    """The range is used up; numbers are never reused."""


class AccountNotHere(Exception):
    """This container's user namespace has no account of that number (user_namespaces(7))."""


def edge_account() -> int | None:
    """The account of the edge's workers (root mode), or None when everything runs as the caller's own account."""
    if os.geteuid() != 0:
        return None
    for name in _EDGE_ACCOUNTS:
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    return 0


class EngineAccounts:
    """Gives each label its uid. Remembers in ``<state_dir>/accounts.json``; thread-safe."""

    def __init__(self, state_dir: Path, first: int | None = None) -> None:
        self._file = state_dir / "accounts.json"
        self._first = block_of(state_dir) if first is None else first
        self._one_at_a_time = threading.Lock()

    @property
    def first(self) -> int:
        """The lowest of `RANGE` numbers."""
        return self._first

    def of(self, label: str) -> int | None:
        """The uid (and gid) of an engine, allocated at first use; None when the node is not root.

        Raises `AccountsExhausted` or `AccountNotHere`.
        """
        if os.geteuid() != 0:
            return None
        with self._one_at_a_time:
            uids = self._read()
            if label not in uids:
                _refuse_unmapped(self._first)
                # Labels stay for ever, so the highest number ever given is always known.
                uids[label] = max(uids.values(), default=self._first - 1) + 1
                if uids[label] >= self._first + RANGE:
                    raise AccountsExhausted(f"all {RANGE} engine accounts of this runner have been used")
                durable.write(self._file, json.dumps(uids))
            return uids[label]

    def _read(self) -> dict[str, int]:
        try:
            uids: dict[str, int] = json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        return uids


def _refuse_unmapped(uid: int) -> None:
    blocks = (map(int, line.split()) for line in _UID_MAP.read_text().splitlines())
    if not any(first <= uid < first + count for first, _outside, count in blocks):
        raise AccountNotHere(
            f"this container has no account {uid} for engines: set ENVRUNNER_ENGINE_UID_FROM to the first of a free "
            "block of numbers that it has"
        )


def block_of(state_dir: Path) -> int:
    """The first uid of the block that belongs to a state directory."""
    digest = hashlib.sha256(os.fsencode(state_dir.resolve())).digest()
    return _LOWEST + int.from_bytes(digest[:8]) % _BLOCKS * RANGE

"""Blocks of loopback ports that one test holds alone, whichever test run or worker it belongs to."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from pathlib import Path

BLOCK = 600
# Below the range that the kernel gives to outgoing connections.
_FIRST, _LAST = 11_000, 32_000


class Claim:
    """``BLOCK`` ports from ``base`` on; held until ``release`` or the end of this process."""

    def __init__(self) -> None:
        self._lock = -1
        for base in range(_FIRST, _LAST, BLOCK):
            if self._take(base):
                self.base = base
                return
        raise AssertionError("no free ports")

    def release(self) -> None:
        """Let others have them. Idempotent."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _take(self, base: int) -> bool:
        path = Path(tempfile.gettempdir(), f"test-ports-{os.getuid()}-{base}")
        self._lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            return False
        if all(_free(base + offset) for offset in (*range(6), *range(100, 110))):
            return True
        self.release()
        return False


def free_base() -> int:
    """The first port of a block that stays claimed for as long as this process lives."""
    _kept.append(Claim())
    return _kept[-1].base


def free_port() -> int:
    """One of a block that this process keeps: unlike a port of the kernel's choice, no outgoing connection takes it."""
    return next(port for port in _singles() if _free(port))


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@cache
def _singles() -> Iterator[int]:
    base = free_base()
    return cycle(range(base, base + BLOCK))


_kept: list[Claim] = []

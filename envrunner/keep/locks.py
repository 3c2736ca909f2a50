"""The lock that says whether a process runs: an flock(2) on a descriptor that the process itself inherits."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

# Above every number a start-up shell line may use for redirections.
LOWEST_DESCRIPTOR = 10


def try_lock(path: Path) -> int | None:
    """A descriptor (close-on-exec, number ≥ 10) that holds the lock of ``path``, or None when somebody has it."""
    while True:
        descriptor = _open(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        if _is_current(descriptor, path):
            return descriptor
        os.close(descriptor)


def is_locked(path: Path) -> bool:
    """Whether some process holds the lock at this moment."""
    if not path.exists():
        return False
    descriptor = try_lock(path)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


def high_duplicate(descriptor: int) -> int:
    """A close-on-exec copy numbered ≥ 10, out of the way of descriptors 3 and 4."""
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, LOWEST_DESCRIPTOR)


def _open(path: Path) -> int:
    low = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        return high_duplicate(low)
    finally:
        os.close(low)


def _is_current(descriptor: int, path: Path) -> bool:
    """Whether the locked file is still the one at ``path``: it may have been removed in between."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False

"""Log files of kept processes: opened by the keeper, written by the process, so no log dies with a keeper."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import time
from pathlib import Path
from typing import BinaryIO

_PATIENCE_SECONDS = 0.5
_RETRY_SECONDS = 0.002


def open_log(path: Path) -> int:
    """Descriptor for appending, mode 0600, never through a symbolic link. The caller closes it."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(path, flags, 0o600)


def rotate(path: Path, limit_bytes: int = 10 * 1024 * 1024, keep: int = 3) -> bool:
    """Move the content to ``<path>.1`` (older ones to ``.2`` … ``.keep``) once it exceeds the limit.

    The writer keeps its O_APPEND descriptor: the content is copied and the file truncated. Returns whether it did;
    a link, a missing file and one that another process is rotating are left alone. Raises OSError when the disk is
    full, and has changed nothing then.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno == errno.ELOOP:
            return False
        raise
    with os.fdopen(descriptor, "r+b") as source:
        if os.fstat(descriptor).st_size <= limit_bytes or not _lock(source):
            return False
        # Another may have been faster.
        if os.fstat(descriptor).st_size <= limit_bytes:
            return False
        _copy_and_truncate(source, path, keep)
    return True


def last_lines(path: Path, limit_bytes: int = 16 * 1024) -> list[str]:
    """The last complete lines within the last ``limit_bytes``; empty when there is no file."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - limit_bytes))
            return file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def _lock(source: BinaryIO) -> bool:
    """Waits a moment: whoever reads on in a log holds a shared lock for milliseconds, but one who is behind, often."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(source, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_RETRY_SECONDS)
        else:
            return True


def _copy_and_truncate(source: BinaryIO, path: Path, keep: int) -> None:
    fresh = path.with_name(f"{path.name}.part")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as copy:
            shutil.copyfileobj(source, copy, 1024 * 1024)
            copy.flush()
            # Older ones move only now: a copy that fails again and again must not push them all out.
            _shift(path, keep)
            fresh.replace(_numbered(path, 1))
            # Lines written while copying: copyfileobj stops at the first end of file it meets, so look once more.
            copy.write(source.read())
            copy.flush()
            source.truncate(0)
    finally:
        fresh.unlink(missing_ok=True)


def _shift(path: Path, keep: int) -> None:
    for number in range(keep - 1, 0, -1):
        older = _numbered(path, number)
        if older.exists():
            older.replace(_numbered(path, number + 1))

"""Log files of kept processes: opened by the keeper, written by the process, so no log dies with a keeper."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def open_log(path: Path) -> int:
    """Descriptor for appending, mode 0600, never through a symbolic link. The caller closes it."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(path, flags, 0o600)


def rotate(path: Path, limit_bytes: int = 10 * 1024 * 1024, keep: int = 3) -> bool:
    """Move the content to ``<path>.1`` (older ones to ``.2`` … ``.keep``) once it exceeds the limit.

    The writer keeps its O_APPEND descriptor: the content is copied and the file truncated. Returns whether it did.
    """
    try:
        if path.is_symlink() or path.stat().st_size <= limit_bytes:
            return False
    except FileNotFoundError:
        return False
    for number in range(keep - 1, 0, -1):
        older = _numbered(path, number)
        if older.exists():
            older.replace(_numbered(path, number + 1))
    _copy_and_truncate(path, _numbered(path, 1))
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


def _copy_and_truncate(path: Path, target: Path) -> None:
    fresh = target.with_name(f"{target.name}.part")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with path.open("r+b") as source, os.fdopen(descriptor, "wb") as copy:
        shutil.copyfileobj(source, copy, 1024 * 1024)
        copy.flush()
        # Lines written while copying: copyfileobj stops at the first end of file it meets, so look once more.
        copy.write(source.read())
        source.truncate(0)
    fresh.replace(target)

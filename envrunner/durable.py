"""Files that are there as a whole or not at all, also after a power failure."""

from __future__ import annotations

import os
from pathlib import Path


def make_directory(path: Path, mode: int = 0o700) -> Path:
    """The directory, made with exactly ``mode`` if it was not there."""
    if not path.is_dir():
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.chmod(mode)
    return path


def write(path: Path, text: str) -> None:
    """Replace the file, mode 0600, and return when it is on the disk."""
    fresh = path.with_name(f".{path.name}.part")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Return when the names in the directory are on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

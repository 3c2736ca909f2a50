"""What lies on disk while whoever put it there goes on working: files come and go meanwhile."""

from __future__ import annotations

import os
from pathlib import Path


def files_below(directory: Path) -> list[Path]:
    """All that are there now; no links."""
    found = [Path(where, name) for where, _, names in os.walk(directory) for name in names]
    return [path for path in found if path.is_file() and not path.is_symlink()]


def content(path: Path) -> bytes:
    """What is in it; nothing where it has gone meanwhile."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""

"""How much of the disk an environment takes."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_MOST_FILES = 20_000
_BLOCK = 512


def bytes_of(directory: Path) -> int:
    """What the files below it occupy, space that is only reserved included. Follows no link; blocking.

    Of a directory with more files than any engine makes, so many of them.
    """
    total = seen = 0
    with contextlib.suppress(OSError):
        for _, _, names, descriptor in os.fwalk(directory, follow_symlinks=False):
            for name in names:
                # It may be gone again.
                with contextlib.suppress(OSError):
                    total += os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_blocks * _BLOCK
            seen += len(names) + 1
            if seen > _MOST_FILES:
                break
    return total

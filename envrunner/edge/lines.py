"""The files that nginx's workers write environments' lines to (lines.js): kept small, and gone with the environment."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Set
from pathlib import Path

from envrunner.keep import logs

MOST_BYTES = 256 * 1024
"""Of one file; there are three older ones beside it. lines.js writes into none of twice this size."""


def rotate(directory: Path) -> None:
    """Each that is too large."""
    for path in _files(directory):
        # A full disk must not keep changes from reaching nginx.
        with contextlib.suppress(OSError):
            if path.suffix == ".log":
                logs.rotate(path, MOST_BYTES)


def forget(directory: Path, labels: Set[str]) -> None:
    """All but those of these environments. The end of a call may make one anew, so repeat it."""
    for path in _files(directory):
        with contextlib.suppress(OSError):
            if path.name.partition(".")[0] not in labels:
                path.unlink()


def _files(directory: Path) -> Iterable[Path]:
    with contextlib.suppress(OSError):
        return list(directory.iterdir())
    return ()

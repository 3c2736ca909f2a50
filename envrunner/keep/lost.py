"""Processes whose keeper's directory, or their lock in it, was deleted while they ran: no keeper finds them by name."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from envrunner.keep import procfs, records
from envrunner.keep.process import Kept

_SUFFIX = ".lock"


def lost(*directories: Path) -> list[Kept]:
    """Those of these directories (paths without links), as far as this account may see: they hold their lock still.

    One look at every file that any process has open.
    """
    return list(_lost(directories))


def _lost(directories: Collection[Path]) -> Iterator[Kept]:
    for pid, path in procfs.holding_removed():
        if path.suffix != _SUFFIX or path.parent not in directories:
            continue
        found = procfs.stat(pid)
        # Others of its session end with their leader.
        if found is None or found.session != pid or found.state in "ZX":
            continue
        try:
            record, pidfd = records.of(pid, time.time()), os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        # By now another process may hold a lock of that name.
        yield Kept(path.stem, record, pidfd, path.with_name(f"{path.name}{procfs.REMOVED}"), None)

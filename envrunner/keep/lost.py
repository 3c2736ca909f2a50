"""Processes whose keeper's directory, or their lock in it, was deleted while they ran: no keeper finds them by name."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from envrunner.keep import procfs, records
from envrunner.keep.process import Kept

_SUFFIX = ".lock"


def lost(directory: Path) -> list[Kept]:
    """Those of ``directory`` (a path without links), as far as this account may see: they hold their lock still."""
    return list(_lost(directory))


def _lost(directory: Path) -> Iterator[Kept]:
    for pid, name in procfs.holding_removed(directory):
        found = procfs.stat(pid)
        # Others of its session end with their leader.
        if not name.endswith(_SUFFIX) or found is None or found.session != pid or found.state in "ZX":
            continue
        try:
            record, pidfd = records.of(pid, time.time()), os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        # By now another process may hold a lock of that name.
        yield Kept(name.removesuffix(_SUFFIX), record, pidfd, directory / f"{name}{procfs.REMOVED}", None)

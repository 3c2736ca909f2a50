"""What is written beside a lock: which process was started, so that a later keeper finds it again."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from envrunner.keep import procfs


@dataclass(frozen=True)
class Record:
    """A process beyond doubt: its number, when it started (ticks since boot), which boot, and Unix time of start."""

    pid: int
    start_ticks: int
    boot_id: str
    started_at: float

    def still_runs(self) -> bool:
        """Whether this very process, not a later one of the same number, exists and is no zombie."""
        found = procfs.stat(self.pid)
        return (
            found is not None
            and found.start_ticks == self.start_ticks
            and found.state not in "ZX"
            and procfs.boot_id() == self.boot_id
        )


def of(pid: int, started_at: float) -> Record:
    """The record of a process that exists now. ProcessLookupError if it does not."""
    found = procfs.stat(pid)
    if found is None:
        raise ProcessLookupError(pid)
    return Record(pid, found.start_ticks, procfs.boot_id(), started_at)


def read(path: Path) -> Record | None:
    """None when there is none or it is unreadable (a half-written file cannot be: writes are atomic)."""
    try:
        return Record(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def write(path: Path, record: Record) -> None:
    """Atomic: a reader sees the old or the new record. Not synced: it has no meaning after a reboot."""
    fresh = path.with_name(f"{path.name}.part")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(record), file)
    fresh.replace(path)

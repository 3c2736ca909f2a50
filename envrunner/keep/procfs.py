"""What Linux says about processes (proc(5)): start times, sessions and who holds a file open."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
REMOVED = " (deleted)"
_STATE, _SESSION, _START_TICKS = 0, 3, 19


@dataclass(frozen=True)
class Stat:
    """One line of ``/proc/<pid>/stat``. ``start_ticks`` counts clock ticks since the machine booted."""

    pid: int
    state: str
    session: int
    start_ticks: int


def stat(pid: int) -> Stat | None:
    """The process, or None when there is none of that number, or none that this account may see (hidepid)."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return Stat(pid, fields[_STATE], int(fields[_SESSION]), int(fields[_START_TICKS]))


def boot_id() -> str:
    """Changes at each boot, of the machine or of this container: pids and start times mean nothing across boots."""
    kernel = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    # A container that starts again counts pids from 1 under the same kernel.
    first = stat(1)
    return f"{kernel}/{first.start_ticks if first else 0}"


def all_pids() -> Iterator[int]:
    """Numbers of all processes this account can see."""
    for entry in os.listdir(PROC):  # noqa: PTH208 - names are enough, and this runs over every process
        if entry.isdigit():
            yield int(entry)


def session_members(session: int) -> list[Stat]:
    """Processes of a session that still run (zombies hold nothing and are left out)."""
    found = (stat(pid) for pid in all_pids())
    return [one for one in found if one and one.session == session and one.state not in "ZX"]


def holders(path: Path) -> list[int]:
    """Processes, other than this one, that have the file at ``path`` open, as far as this account may see."""
    try:
        wanted = path.stat()
    except FileNotFoundError:
        return []
    key = (wanted.st_dev, wanted.st_ino)
    return [pid for pid in all_pids() if pid != os.getpid() and _has_open(pid, key)]


def holding_removed() -> Iterator[tuple[int, Path]]:
    """Processes, other than this one, and where files were that have been removed and that they have open."""
    for pid in all_pids():
        for descriptor in _descriptors(pid) if pid != os.getpid() else ():
            try:
                link = os.readlink(descriptor)  # noqa: PTH115 as above
            except OSError:
                continue
            if link.endswith(REMOVED):
                yield pid, Path(link.removesuffix(REMOVED))


def _has_open(pid: int, key: tuple[int, int]) -> bool:
    for descriptor in _descriptors(pid):
        try:
            found = os.stat(descriptor)  # noqa: PTH116
        except OSError:
            continue
        if (found.st_dev, found.st_ino) == key:
            return True
    return False


def _descriptors(pid: int) -> list[str]:
    directory = f"/proc/{pid}/fd"
    try:
        return [f"{directory}/{name}" for name in os.listdir(directory)]  # noqa: PTH208
    except OSError:
        return []

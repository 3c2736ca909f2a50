"""Ending processes of a plane of one's own, by the numbers that it publishes itself."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.support.plane import Plane
from tests.support.waiting import until

CONTROL_PLANE = ("api", "worker", "beat", "postgres", "redis")
NODE = ("agent", "runner-worker", "edge-agent", "edge", "guard", "h2c", "relay")


def alive(pid: int) -> bool:
    """Whether it runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill(plane: Plane, name: str) -> int:
    """SIGKILL to the process of that name; its number."""
    pid = plane.pids[name]
    os.kill(pid, signal.SIGKILL)
    until(lambda: not alive(pid))
    return pid


def wait_healed(plane: Plane, before: dict[str, int], *killed: str, seconds: float = 60) -> None:
    """Until each of the killed runs under another number, and all say they are ready. Nothing else was touched."""

    def healed() -> bool:
        now = plane.pids
        changed = {name for name in before if now.get(name) != before[name]}
        return set(killed) <= changed and all(alive(now[name]) for name in before if name in now) and ready(plane)

    until(healed, seconds)
    now = plane.pids
    assert {name for name in before if now[name] != before[name]} == set(killed)


def ready(plane: Plane) -> bool:
    """Whether every process has answered since its last start."""
    return all(row["state"] == "ready" for row in plane.status["processes"])

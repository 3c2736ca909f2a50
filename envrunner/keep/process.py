"""A process that is kept: watched through its pidfd, stopped with everything it started."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from envrunner.keep import locks, procfs
from envrunner.keep.records import Record

_CLEANUP_SECONDS = 10.0


class StillRunning(Exception):
    """What is left of a process could not be killed (the kernel holds it, or another account owns it)."""


class Kept:
    """A process started or adopted by a `Keeper`.

    ``pidfd`` (pidfd_open(2)) becomes readable when the process has ended; watch it with ``select`` or
    ``loop.add_reader``. It works for adopted processes too, of which only the exit status is unknown.
    """

    def __init__(
        self, name: str, record: Record, pidfd: int, lock: Path, child: subprocess.Popen[bytes] | None
    ) -> None:
        self.name = name
        self.pid = record.pid
        self.started_at = record.started_at
        self.pidfd = pidfd
        self.adopted = child is None
        self._record = record
        self._lock = lock
        self._child = child

    @property
    def exit_status(self) -> int | None:
        """As `subprocess.Popen.returncode` (negative: killed by that signal). None: it runs, or was adopted."""
        return self._child.poll() if self._child else None

    @property
    def lived_seconds(self) -> float:
        """Seconds since it was started, whatever the wall clock did meanwhile."""
        started = self._record.start_ticks / os.sysconf("SC_CLK_TCK")
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - started)

    def alive(self) -> bool:
        """Whether it runs. Does not block."""
        return not self.wait(0)

    def wait(self, timeout_seconds: float) -> bool:
        """Block until it has ended, at most so long; says whether it has ended. Reaps it if it is our child."""
        if self.pidfd < 0:
            return True
        poller = select.poll()
        poller.register(self.pidfd, select.POLLIN)
        ended = bool(poller.poll(timeout_seconds * 1000))
        if ended and self._child:
            self._child.poll()
        return ended

    def send(self, number: signal.Signals) -> None:
        """Signal the process itself (never another one that got its number). No error when it has ended."""
        if self.pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, number)

    def stop(self, number: signal.Signals = signal.SIGTERM, grace_seconds: float = 10.0) -> None:
        """Ask with ``number``, wait ``grace_seconds``, then kill; afterwards nothing of its session is left.

        Blocks. Raises `StillRunning` when something cannot be killed. Calling it again is harmless.
        """
        self.send(number)
        # A stopped (SIGSTOP) process would not see the request otherwise.
        self.send(signal.SIGCONT)
        if not self.wait(grace_seconds):
            self.send(signal.SIGKILL)
            self.wait(_CLEANUP_SECONDS)
        self.clear_remains()

    def clear_remains(self) -> None:
        """After its end: kill what it started and left behind, until the lock is free, then close ``pidfd``."""
        clear_remains(self._record, self._lock)
        self.close()

    def close(self) -> None:
        """Stop watching; the process goes on."""
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1


def clear_remains(record: Record | None, lock: Path) -> None:
    """Kill the session of a dead leader and whoever else holds its lock. Raises `StillRunning`."""
    kill_session(record)
    _kill_until_none(lambda: procfs.holders(lock) if locks.is_locked(lock) else [])


def kill_session(record: Record | None) -> None:
    """Kill what a dead (or zombie) session leader left behind. Raises `StillRunning`."""
    if record and record.boot_id == procfs.boot_id() and not _number_reused(record):
        session = record.pid
        _kill_until_none(lambda: [one.pid for one in procfs.session_members(session)])


def _kill_until_none(remaining: Callable[[], list[int]]) -> None:
    deadline = time.monotonic() + _CLEANUP_SECONDS
    while left := remaining():
        if time.monotonic() > deadline:
            raise StillRunning(f"processes {left} cannot be killed")
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)


def _number_reused(record: Record) -> bool:
    """The kernel gives a number out again only when no session of that number is left."""
    found = procfs.stat(record.pid)
    return found is not None and found.start_ticks != record.start_ticks

"""Starting and adopting processes so that nothing ever runs twice."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from envrunner.keep import locks, procfs, records
from envrunner.keep.logs import open_log
from envrunner.keep.process import Kept, clear_remains, kill_session
from envrunner.keep.records import Record


class AlreadyRunning(Exception):
    """The process of that name runs; `Keeper.adopt` returns it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} still runs")


@dataclass(frozen=True)
class Program:
    """What to run. ``env`` is the whole environment, nothing is added to it.

    ``uid``/``gid`` (root only) drop to an account without supplementary groups after ``cwd`` was entered, so the
    account needs no way through the parents of ``cwd``. ``pass_fds`` keep their numbers. ``stdin`` and ``stdout``
    replace /dev/null and the log; stderr is always the log.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    log_file: Path
    uid: int | None = None
    gid: int | None = None
    pass_fds: tuple[int, ...] = ()
    stdin: int = subprocess.DEVNULL
    stdout: int | None = None
    umask: int = 0o077


class Keeper:
    """Keeps processes by name in ``directory`` (made 0700): ``<name>.lock`` and ``<name>.json``.

    One keeper at a time may use a directory; that is the caller's to ensure. Methods are thread-safe and block for
    a few milliseconds.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._directory = directory
        self._one_at_a_time = threading.Lock()

    def start(self, program: Program) -> Kept:
        """Start it. Raises `AlreadyRunning`, or OSError when it cannot be executed."""
        with self._one_at_a_time:
            record = records.read(self._record(program.name))
            lock = None if record and record.still_runs() else locks.try_lock(self._lock(program.name))
            if lock is None:
                raise AlreadyRunning(program.name)
            try:
                return self._start_locked(program, lock, record)
            finally:
                os.close(lock)

    def adopt(self, name: str) -> Kept | None:
        """The running process of that name, whoever started it, or None.

        None also means: nothing of it is left, remains of a dead one were killed, `start` will work.
        """
        with self._one_at_a_time:
            record = self._find(name)
            if record and record.still_runs() and (kept := self._kept(name, record, None)):
                return kept
            clear_remains(record, self._lock(name))
            self._record(name).unlink(missing_ok=True)
            return None

    def names(self) -> list[str]:
        """Every name that was ever started here and not forgotten."""
        return sorted(path.stem for path in self._directory.glob("*.lock"))

    def forget(self, name: str) -> None:
        """Remove the files of a process that has been stopped. Raises `AlreadyRunning`."""
        with self._one_at_a_time:
            if locks.is_locked(self._lock(name)):
                raise AlreadyRunning(name)
            self._record(name).unlink(missing_ok=True)
            self._lock(name).unlink(missing_ok=True)

    def _lock(self, name: str) -> Path:
        return self._directory / f"{name}.lock"

    def _record(self, name: str) -> Path:
        return self._directory / f"{name}.json"

    def _start_locked(self, program: Program, lock: int, previous: Record | None) -> Kept:
        kill_session(previous)
        child = _spawn(program, lock)
        try:
            record = records.of(child.pid, time.time())
            records.write(self._record(program.name), record)
        except OSError:
            # Without a record the next keeper might not find it.
            child.kill()
            child.wait()
            raise
        kept = self._kept(program.name, record, child)
        if kept is None:
            raise ProcessLookupError(program.name)
        return kept

    def _find(self, name: str) -> Record | None:
        record, lock = records.read(self._record(name)), self._lock(name)
        if (record and record.still_runs()) or not locks.is_locked(lock):
            return record
        # A keeper that died between starting a process and writing its record leaves only the lock.
        found = self._leader_holding(lock)
        if found:
            records.write(self._record(name), found)
        return found or record

    def _kept(self, name: str, record: Record, child: subprocess.Popen[bytes] | None) -> Kept | None:
        try:
            pidfd = os.pidfd_open(record.pid)
        except ProcessLookupError:
            return None
        if child is None and not record.still_runs():
            # It ended, and its number may have gone to another process, before the pidfd was opened.
            os.close(pidfd)
            return None
        return Kept(name, record, pidfd, self._lock(name), child)

    def _leader_holding(self, lock: Path) -> Record | None:
        for pid in procfs.holders(lock):
            found = procfs.stat(pid)
            if found and found.session == pid:
                return Record(pid, found.start_ticks, procfs.boot_id(), time.time())
        return None


def stop_all(directory: Path, number: signal.Signals = signal.SIGTERM, grace_seconds: float = 10.0) -> int:
    """Stop everything kept in a directory, all at once; returns how many ran. Blocks; no other keeper may be active."""
    keeper = Keeper(directory)
    running = [kept for name in keeper.names() if (kept := keeper.adopt(name))]
    with ThreadPoolExecutor(max(1, len(running))) as threads:
        for stopping in [threads.submit(kept.stop, number, grace_seconds) for kept in running]:
            stopping.result()
    return len(running)


def _spawn(program: Program, lock: int) -> subprocess.Popen[bytes]:
    log = open_log(program.log_file)
    groups: list[int] | None = [] if program.uid is not None else None
    try:
        return subprocess.Popen(
            list(program.argv),
            env=dict(program.env),
            cwd=program.cwd,
            stdin=program.stdin,
            stdout=log if program.stdout is None else program.stdout,
            stderr=log,
            user=program.uid,
            group=program.gid,
            extra_groups=groups,
            umask=program.umask,
            pass_fds=(*program.pass_fds, lock),
            start_new_session=True,
        )
    finally:
        os.close(log)

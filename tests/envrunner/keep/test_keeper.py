"""Keeping real processes: nothing runs twice, nothing is left behind."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from envrunner.keep import AlreadyRunning, Keeper, Program, locks, procfs, records
from tests.envrunner.waiting import until

ENV = {"PATH": "/usr/bin:/bin"}


def program(directory: Path, script: str = "exec sleep 600", name: str = "one") -> Program:
    return Program(name, ["/bin/sh", "-c", script], ENV, directory, directory / f"{name}.log")


def log_of(directory: Path, name: str = "one") -> str:
    return (directory / f"{name}.log").read_text()


def test_start_and_stop(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "run")
    kept = keeper.start(program(tmp_path))
    assert kept.alive()
    assert procfs.stat(kept.pid) is not None
    kept.stop()
    assert kept.exit_status == -signal.SIGTERM
    assert procfs.stat(kept.pid) is None
    assert keeper.adopt("one") is None


def test_a_second_start_is_impossible(tmp_path: Path) -> None:
    kept = Keeper(tmp_path / "run").start(program(tmp_path))
    with pytest.raises(AlreadyRunning):
        Keeper(tmp_path / "run").start(program(tmp_path))
    kept.stop()
    again = Keeper(tmp_path / "run").start(program(tmp_path))
    assert again.pid != kept.pid
    again.stop()


KEEPER_PROCESS = """
import sys, pathlib, time
from envrunner.keep import Keeper, Program
home = pathlib.Path(sys.argv[1])
argv = ["/bin/sh", "-c", "exec sleep 600"]
print(Keeper(home / "run").start(Program("one", argv, {}, home, home / "one.log")).pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("record_is_lost", [False, True])
def test_adoption_after_kill_9_of_the_keeper(tmp_path: Path, record_is_lost: bool) -> None:
    other = subprocess.Popen([sys.executable, "-c", KEEPER_PROCESS, str(tmp_path)], stdout=subprocess.PIPE)
    assert other.stdout is not None
    pid = int(other.stdout.readline())
    other.kill()
    other.communicate()
    if record_is_lost:
        # As if the keeper had died between starting the process and writing its record.
        (tmp_path / "run" / "one.json").unlink()
    keeper = Keeper(tmp_path / "run")
    with pytest.raises(AlreadyRunning):
        keeper.start(program(tmp_path))
    kept = keeper.adopt("one")
    assert kept is not None
    assert (kept.pid, kept.adopted, kept.alive()) == (pid, True, True)
    os.kill(pid, signal.SIGKILL)
    assert kept.wait(10)
    kept.clear_remains()
    assert keeper.adopt("one") is None


def test_stop_of_a_stubborn_session_leaves_nothing(tmp_path: Path) -> None:
    script = "trap '' TERM; (trap '' TERM; sleep 600) & setsid sleep 600 & echo up; while :; do sleep 1; done"
    keeper = Keeper(tmp_path / "run")
    kept = keeper.start(program(tmp_path, script))
    until(lambda: len(procfs.holders(tmp_path / "run" / "one.lock")) >= 4)
    holders = procfs.holders(tmp_path / "run" / "one.lock")
    kept.stop(grace_seconds=0.1)
    assert all((found := procfs.stat(pid)) is None or found.state == "Z" for pid in holders)
    keeper.start(program(tmp_path)).stop()


def test_orphans_of_a_dead_leader_are_cleared_at_adoption(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "run")
    kept = keeper.start(program(tmp_path, "sleep 600 & echo $!; exec sleep 600"))
    until(lambda: log_of(tmp_path).endswith("\n"))
    orphan = int(log_of(tmp_path))
    os.kill(kept.pid, signal.SIGKILL)
    assert kept.wait(10)
    assert procfs.stat(orphan) is not None
    assert Keeper(tmp_path / "run").adopt("one") is None
    assert (found := procfs.stat(orphan)) is None or found.state == "Z"


def test_a_reused_number_is_not_touched(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "run")
    kept = keeper.start(program(tmp_path))
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
    record = tmp_path / "run" / "one.json"
    changed = record.read_text().replace(f'"pid": {kept.pid}', f'"pid": {stranger.pid}')
    changed = changed.replace('"start_ticks": ', '"start_ticks": 1')
    kept.stop()
    record.write_text(changed)
    assert keeper.adopt("one") is None
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_records_of_a_container_that_was_restarted_name_strangers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = subprocess.Popen(["/bin/sh", "-c", "sleep 600 & exec sleep 600"], start_new_session=True)
    until(lambda: len(procfs.session_members(stranger.pid)) == 2)
    record = records.of(stranger.pid, 0)
    # The leader ends, one of its session stays: just what a dead keeper's remains look like.
    stranger.kill()
    stranger.wait()
    (left,) = procfs.session_members(stranger.pid)
    keeper = Keeper(tmp_path / "run")
    records.write(tmp_path / "run" / "one.json", record)
    init = procfs.stat(1)
    assert init is not None
    later, stat = replace(init, start_ticks=init.start_ticks + 1), procfs.stat
    monkeypatch.setattr(procfs, "stat", lambda pid: later if pid == 1 else stat(pid))
    assert keeper.adopt("one") is None
    found = procfs.stat(left.pid)
    os.kill(left.pid, signal.SIGKILL)
    assert found is not None
    assert found.state not in "ZX"


def test_processes_that_may_not_be_looked_at_are_no_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    def hidden(*_: object, **__: object) -> str:
        raise PermissionError

    monkeypatch.setattr(Path, "read_text", hidden)
    assert procfs.stat(1) is None


def test_a_process_without_a_record_is_not_left_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    keeper = Keeper(tmp_path / "run")
    with monkeypatch.context() as patched:
        patched.setattr(records, "write", full)
        with pytest.raises(OSError, match="No space"):
            keeper.start(program(tmp_path))
    assert not locks.is_locked(tmp_path / "run" / "one.lock")
    keeper.start(program(tmp_path)).stop()


def test_a_wall_clock_that_jumps_makes_no_process_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Keeper(tmp_path / "run").start(program(tmp_path))
    monkeypatch.setattr(time, "time", lambda: kept.started_at + 1e6)
    lived = kept.lived_seconds
    kept.stop()
    assert 0 <= lived < 600


def test_a_frozen_process_stops(tmp_path: Path) -> None:
    kept = Keeper(tmp_path / "run").start(program(tmp_path))
    kept.send(signal.SIGSTOP)
    kept.stop(grace_seconds=60)
    assert kept.exit_status == -signal.SIGTERM


def test_environment_and_descriptors_are_those_meant(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    given = Program(
        "one", ["/bin/sh", "-c", "env; ls /proc/self/fd; exec sleep 600"], {"A": "b"}, tmp_path,
        tmp_path / "one.log", pass_fds=(writer,),
    )  # fmt: skip
    kept = Keeper(tmp_path / "run").start(given)
    os.close(writer)
    until(lambda: len(log_of(tmp_path).split()) >= 7)
    names = {line.partition("=")[0] for line in log_of(tmp_path).splitlines() if "=" in line}
    assert names - {"PWD", "_", "SHLVL", "OLDPWD"} == {"A"}
    environ = Path(f"/proc/{kept.pid}/environ").read_bytes()
    assert b"HOME=" not in environ
    open_now = list(Path(f"/proc/{kept.pid}/fd").iterdir())
    kept.stop()
    os.close(reader)
    # 0, 1, 2, the pipe's end and the lock.
    assert len(open_now) == 5


def test_what_cannot_be_executed_raises_and_frees_the_lock(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "run")
    with pytest.raises(FileNotFoundError):
        keeper.start(Program("one", ["/nonexistent"], ENV, tmp_path, tmp_path / "one.log"))
    keeper.start(program(tmp_path)).stop()
    keeper.forget("one")
    assert list((tmp_path / "run").iterdir()) == []


def test_the_record_and_the_lock_are_private(tmp_path: Path) -> None:
    kept = Keeper(tmp_path / "run").start(program(tmp_path))
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "run").iterdir()}
    kept.stop()
    assert modes == {"one.lock": 0o600, "one.json": 0o600}
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700

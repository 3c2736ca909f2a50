"""Log files: rotation keeps every line that was written, and follows no links."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from envrunner.keep import last_lines, logs, open_log, rotate


def test_rotation_keeps_lines_and_the_writer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    descriptor = open_log(path)
    for number in range(50):
        os.write(descriptor, f"line {number}\n".encode())
        rotate(path, limit_bytes=100, keep=3)
    os.close(descriptor)
    files = [path.with_name(name) for name in ("a.log.3", "a.log.2", "a.log.1", "a.log")]
    kept = "".join(file.read_text() for file in files).splitlines()
    assert kept == [f"line {number}" for number in range(50 - len(kept), 50)]
    assert len(kept) > 30
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.log", "a.log.1", "a.log.2", "a.log.3"]
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)


def test_small_and_missing_files_are_left_alone(tmp_path: Path) -> None:
    assert not rotate(tmp_path / "none")
    (tmp_path / "small").write_text("x\n")
    assert not rotate(tmp_path / "small", limit_bytes=2)


def test_links_are_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("secret\n" * 100)
    (tmp_path / "a.log").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic"):
        open_log(tmp_path / "a.log")
    assert not rotate(tmp_path / "a.log", limit_bytes=1)
    assert victim.read_text() == "secret\n" * 100


def test_a_full_disk_loses_no_older_log_and_leaves_no_half_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {"a.log": "now\n" * 10, "a.log.1": "before\n", "a.log.2": "long ago\n"}
    for name, text in contents.items():
        (tmp_path / name).write_text(text)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    for _ in range(3):
        with pytest.raises(OSError, match="No space"):
            rotate(tmp_path / "a.log", limit_bytes=10)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == contents


def test_two_who_rotate_the_same_log_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("x\n" * 10)
    with (tmp_path / "a.log").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert not rotate(tmp_path / "a.log", limit_bytes=10)
    assert rotate(tmp_path / "a.log", limit_bytes=10)


def test_last_lines(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "none") == []
    (tmp_path / "a.log").write_text("".join(f"{n}\n" for n in range(1000)))
    assert last_lines(tmp_path / "a.log", limit_bytes=12) == ["997", "998", "999"]


def test_a_rotation_waits_for_who_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_PATIENCE_SECONDS", 60)
    (tmp_path / "a.log").write_text("x\n" * 10)
    with (tmp_path / "a.log").open() as reader, ThreadPoolExecutor(1) as pool:
        fcntl.flock(reader, fcntl.LOCK_SH)
        rotating = pool.submit(rotate, tmp_path / "a.log", 10)
        fcntl.flock(reader, fcntl.LOCK_UN)
        assert rotating.result()
    assert (tmp_path / "a.log.1").read_text() == "x\n" * 10

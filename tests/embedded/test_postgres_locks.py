"""A lock file of a server that is dead must not keep the next one from starting."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from embedded.postgres import _forget_dead_server
from tests.support.waiting import until


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "postmaster.pid"


def forgotten(lock: Path, text: str) -> bool:
    lock.write_text(text)
    _forget_dead_server(lock, lock.parent)
    return not lock.exists()


def test_a_running_server_of_the_directory_keeps_its_lock(lock: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], cwd=lock.parent, stdin=subprocess.PIPE) as server:
        assert not forgotten(lock, f"{server.pid}\n/proc/self/cwd\n")
        server.communicate(b"\n")


def test_a_zombie_is_no_server(lock: Path) -> None:
    server = subprocess.Popen(["/bin/true"], cwd=lock.parent)
    until(lambda: Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z")
    assert forgotten(lock, f"{server.pid}\n")
    server.wait()


@pytest.mark.parametrize("text", ["", "\n", "no number\n", "2147483646\n", "-1\n"])
def test_a_lock_that_names_nobody_is_forgotten(text: str, lock: Path) -> None:
    assert forgotten(lock, text)


def test_whoever_else_has_that_number_is_no_server(lock: Path) -> None:
    assert forgotten(lock, f"{os.getpid()}\n")


def test_no_lock_is_no_trouble(lock: Path) -> None:
    _forget_dead_server(lock, lock.parent)

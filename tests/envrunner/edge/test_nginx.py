"""Whose nginx's workers are, and which processes its start ends: its own dead master's workers, and no others."""

from __future__ import annotations

import grp
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from envrunner.edge import nginx
from envrunner.keep import procfs
from tests.envrunner.waiting import until


@pytest.fixture
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """A process that looks like an nginx in a group of its own."""
    argv = ["/bin/bash", "-c", "exec -a 'nginx: worker process' sleep 600"]
    with subprocess.Popen(argv, start_new_session=True) as started:
        cmdline = Path(f"/proc/{started.pid}/cmdline")
        until(lambda: cmdline.read_bytes().startswith(b"nginx: "))
        yield started
        started.kill()


@pytest.mark.parametrize("name", ["nobody", "root"])
def test_the_group_of_the_workers_exists(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(nginx, "edge_account", lambda: pwd.getpwnam(name).pw_uid)
    account, group = (nginx.worker_account() or "").split()
    assert account == name
    assert grp.getgrnam(group).gr_gid == pwd.getpwnam(name).pw_gid


def test_modules_that_are_files_are_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in distributions' packages: what listens is in `stream`, which njs extends as it extends `http`."""
    program = tmp_path / "nginx"
    program.write_text(f"#!/bin/sh\necho 'configure arguments: --modules-path={tmp_path} --with-stream=dynamic' >&2\n")
    program.chmod(0o755)
    monkeypatch.setattr(nginx, "binary", lambda: program)
    assert nginx.modules() == []
    files = [tmp_path / f"ngx_{name}_module.so" for name in ("stream", "http_js", "stream_js")]
    for file in files:
        file.touch()
    assert nginx.modules() == files


def leave(directory: Path, pid: int, boot: str) -> tuple[Path, Path]:
    """The two files as an edge leaves them."""
    (directory / "nginx.pid").write_text(f"{pid}\n")
    (directory / "boot").write_text(boot)
    return directory / "nginx.pid", directory / "boot"


def test_workers_of_this_boot_are_ended(tmp_path: Path, worker: subprocess.Popen[bytes]) -> None:
    nginx.end_leftovers(*leave(tmp_path, worker.pid, procfs.boot_id()))
    assert worker.wait(10) == -9


def test_a_number_from_before_the_boot_is_somebody_elses(tmp_path: Path, worker: subprocess.Popen[bytes]) -> None:
    files = leave(tmp_path, worker.pid, "an earlier boot")
    for _ in range(2):
        nginx.end_leftovers(*files)
        assert worker.poll() is None

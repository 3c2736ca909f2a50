"""Homes, runtime directories and ports."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from embedded import commands
from embedded import layout as places
from embedded.board import endpoints, write_json
from embedded.layout import Layout, Ports, Refused
from tests.support.ports import free_base


def test_ports_follow_the_base() -> None:
    assert Ports.chosen("20000") == Ports(20000, 20001, 20002, 20003, 20004, 20100, 20005)
    assert Ports.chosen(None) == Ports(8000, 8080, 9070, 9080, 9090, 8100, 9081)


@pytest.mark.parametrize("started_with", [None, "20000"])
@pytest.mark.parametrize("asked_with", [None, "21000"])
def test_commands_of_a_running_plane_know_its_ports(
    tmp_path: Path, started_with: str | None, asked_with: str | None
) -> None:
    running = Layout(tmp_path, tmp_path, Ports.chosen(started_with))
    asked = Layout(tmp_path, tmp_path, Ports.chosen(asked_with))
    assert places.as_it_runs(asked) == asked
    write_json(asked.endpoints, endpoints(running, {}))
    assert places.as_it_runs(asked) == running


@pytest.mark.parametrize("base", ["eighty", "80", "70000", "-1", "8000.5", " "])
def test_a_base_that_is_no_port_is_refused(base: str) -> None:
    with pytest.raises(Refused, match="CONTROLPLANE_PORT_BASE"):
        Ports.chosen(base)


def test_two_homes_have_different_short_runtime_directories(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 80)
    first, second = (places.run_directory(path, os.environ) for path in (long, long / "other"))
    assert first != second
    assert len(os.fsencode(first)) < 60


def test_what_runs_is_found_again_from_a_login_and_from_a_cron_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, user = tmp_path / "home", os.geteuid() or 4242
    monkeypatch.setattr(os, "geteuid", lambda: user)
    login = {"XDG_RUNTIME_DIR": str(tmp_path)}
    in_login, in_cron = places.run_directory(home, login), places.run_directory(home, {})
    assert (in_login.parent, in_cron.parent) == (tmp_path, Path("/tmp"))
    in_cron.mkdir()
    try:
        os.chown(in_cron, user, -1)
        assert places.run_directory(home, login) == in_cron
        if os.getuid() == 0:
            os.chown(in_cron, user + 1, -1)
            assert places.run_directory(home, login) == in_login
    finally:
        in_cron.rmdir()


def test_a_runtime_directory_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "run"
    run.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: run.stat().st_uid + 1)
    with pytest.raises(Refused, match="another account"):
        places.make_run_directory(run)


def test_a_runtime_directory_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused):
        places.make_run_directory(tmp_path / "run")


@pytest.mark.parametrize("squatter", ["file", "dangling link"])
def test_a_runtime_directory_that_is_something_else_is_refused(tmp_path: Path, squatter: str) -> None:
    run = tmp_path / "run"
    run.touch() if squatter == "file" else run.symlink_to(tmp_path / "nowhere")
    with pytest.raises(Refused, match="remove it"):
        places.make_run_directory(run)


def test_a_runtime_directory_is_never_open_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes = []
    chmod = Path.chmod

    def recorded(path: Path, mode: int) -> None:
        modes.append(path.stat().st_mode & 0o777)
        chmod(path, mode)

    monkeypatch.setattr(Path, "chmod", recorded)
    before = os.umask(0)
    try:
        places.make_run_directory(tmp_path / "run")
    finally:
        os.umask(before)
    assert modes == [0o700]


def test_a_home_that_cannot_be_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for home in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/home"), tmp_path / ("x" * 300)):
        with pytest.raises(Refused, match="CONTROLPLANE_HOME"):
            places.make_directories(Layout(home, tmp_path / "run", Ports()))


@pytest.mark.parametrize("name", ["two\nlines", 'quo"te', "{brace}", "$HOME", "back\\slash"])
def test_a_home_that_nginx_cannot_be_given_is_refused_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="plainer name"):
        places.make_directories(Layout(tmp_path / name, tmp_path / "run", Ports()))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["up", "down"])
def test_an_unknown_argument_is_answered_with_the_commands_own_usage(command: str) -> None:
    argv = [sys.executable, "-m", "embedded", command, "--nonsense"]
    done = subprocess.run(argv, cwd=places.CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"usage: script/{command} [-h]" in done.stderr
    assert f"script/{command}: error: unknown arguments: --nonsense" in done.stderr


@pytest.mark.parametrize(
    ("offset", "purpose"), [(0, "the console and the API"), (2, "admin"), (3, "the tunnel proxy"), (4, "tunnels")]
)
def test_a_busy_port_is_named_with_its_purpose_and_the_way_out(layout: Layout, offset: int, purpose: str) -> None:
    base = free_base()
    port = base + offset
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        busy = Layout(layout.home, layout.run, Ports.chosen(str(base)))
        with pytest.raises(Refused, match=rf"Port {port} \({purpose}\).*CONTROLPLANE_PORT_BASE"):
            commands.refuse_busy_ports(busy)

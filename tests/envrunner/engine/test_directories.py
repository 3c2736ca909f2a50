"""An engine's directory is its tenant's ground: nothing planted there leads out of it."""

from __future__ import annotations

import os
import socket
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from envrunner.engine import directories, entrance
from tests.envrunner.accounts import REFUSED, errno_as
from tests.envrunner.nodes import IS_ROOT

UID = 1_900_000_001 if IS_ROOT else None
root_only = pytest.mark.skipif(not IS_ROOT, reason="needs accounts to switch to")


def test_modes_and_owner(tmp_path: Path) -> None:
    directories.prepare(tmp_path / "e", UID, "pem")
    directories.prepare(tmp_path / "e", UID, "new pem")
    for path, mode in (("e", 0o700), ("e/tmp", 0o700), ("e/identity.pem", 0o600)):
        found = (tmp_path / path).stat()
        assert (found.st_mode & 0o777, found.st_uid) == (mode, os.getuid() if UID is None else UID)
    assert (tmp_path / "e" / "identity.pem").read_text() == "new pem"
    assert sorted(path.name for path in (tmp_path / "e").iterdir()) == ["identity.pem", "tmp"]


def test_what_a_killed_agent_left_half_made_is_finished(tmp_path: Path) -> None:
    for path in (tmp_path / "e", tmp_path / "e" / "tmp"):
        path.mkdir(mode=0o755)
    (tmp_path / "e" / ".identity.pem.part").write_text("half a ke")
    directories.prepare(tmp_path / "e", UID, "pem")
    owner = os.getuid() if UID is None else UID
    assert {path.stat().st_uid for path in (tmp_path / "e").rglob("*")} == {owner}
    assert sorted(path.name for path in (tmp_path / "e").iterdir()) == ["identity.pem", "tmp"]


def test_what_a_killed_engine_had_spilled_is_gone(tmp_path: Path) -> None:
    directories.prepare(tmp_path / "e", UID, "pem")
    (tmp_path / "e" / "tmp" / "invoker-1").mkdir()
    (tmp_path / "e" / "tmp" / "invoker-1" / "spilled").write_text("x")
    directories.prepare(tmp_path / "e", UID, "pem")
    assert list((tmp_path / "e" / "tmp").iterdir()) == []


@pytest.mark.parametrize("planted", ["identity.pem", ".identity.pem.part", "tmp"])
def test_a_planted_link_is_not_followed(tmp_path: Path, planted: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / planted).symlink_to(victim)
    before = victim.stat()
    directories.prepare(tmp_path / "e", UID, "pem")
    assert victim.read_text() == "untouched"
    assert (victim.stat().st_uid, victim.stat().st_mode) == (before.st_uid, before.st_mode)


def test_a_directory_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    (tmp_path / "e").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="e"):
        directories.prepare(tmp_path / "e", UID, "pem")
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(("times", "gone"), [(1, True), (9, True), (1000, False)])
def test_a_file_that_comes_while_destroying_goes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int, gone: bool
) -> None:
    """Such as fresh credentials of AWS; but nobody who goes on and on holds up the agent."""
    directory, real, coming = tmp_path / "engine", os.rmdir, iter(range(times))
    directories.prepare(directory, None, "pem")

    def rmdir(path: str, **options: Any) -> None:
        if Path(path).name == "engine" and next(coming, None) is not None:
            (directory / "late").touch()
        real(path, **options)

    monkeypatch.setattr(os, "rmdir", rmdir)
    with nullcontext() if gone else pytest.raises(OSError, match="not empty"):
        directories.destroy(directory)
    assert directory.exists() is not gone


def test_destroying_follows_no_link_and_may_be_repeated(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    directories.prepare(tmp_path / "e", UID, "pem")
    (tmp_path / "e" / "tmp" / "link").symlink_to(outside)
    (tmp_path / "f").symlink_to(outside)
    for name in ("e", "e", "f", "f"):
        directories.destroy(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["outside"]
    assert (outside / "precious").read_text() == "x"


def test_sockets_are_private_from_the_first_moment(tmp_path: Path) -> None:
    made = entrance.make(tmp_path / "s", None)
    again = entrance.make(tmp_path / "s", None)
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == ["a.sock", "i.sock"]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "s").iterdir()} == {0o600}
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "s" / "i.sock"))
        again.ingress.accept()[0].close()
    made.close()
    again.close()
    entrance.remove(tmp_path / "s")
    entrance.remove(tmp_path / "s")
    assert list(tmp_path.iterdir()) == []


def test_a_path_too_long_for_a_socket_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long"):
        entrance.make(tmp_path / ("x" * 100), None)


@root_only
def test_only_the_edge_can_connect(tmp_path: Path) -> None:
    edge, other = 1_900_000_033, 1_900_000_034
    for parent in [tmp_path, *tmp_path.parents]:
        parent.chmod(parent.stat().st_mode | 0o011)
    made = entrance.make(tmp_path / "s", edge)

    def connect() -> None:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "s" / "a.sock"))

    assert errno_as(edge, connect) == 0
    assert errno_as(other, connect) in REFUSED
    made.close()

"""Binaries that another account can execute, with nothing opened on the way to them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from embedded import accounts
from embedded.accounts import Account
from embedded.layout import Refused
from tests.embedded.forks import STRANGER


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A program and a file that all may read, one that only we may, and what is not needed."""
    made = tmp_path / "wheel"
    (made / "include").mkdir(parents=True)
    (made / "include" / "header.h").touch()
    for name, mode in (("program", 0o755), ("data", 0o644), ("own-program", 0o700), ("own-data", 0o600)):
        (made / name).write_text(name)
        (made / name).chmod(mode)
    (made / "link").symlink_to("data")
    return made


def test_copies_are_for_everybody_and_originals_stay_as_they_were(tmp_path: Path, tree: Path) -> None:
    copy = accounts._copied(tree, tmp_path / "copy")
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in copy.iterdir()}
    assert modes == {
        "program": "0o755",
        "data": "0o644",
        "own-program": "0o755",
        "own-data": "0o644",
        "link": "0o644",
    }
    assert (copy / "link").is_symlink()
    assert (copy / "own-data").read_text() == "own-data"
    assert (tree / "own-data").stat().st_mode & 0o777 == 0o600


def test_nothing_is_copied_for_an_account_that_can_enter(tmp_path: Path, tree: Path) -> None:
    assert accounts.executable_by(Account(), [tree], tmp_path / "run") == [tree]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to change accounts")
def test_a_private_parent_is_noticed(tmp_path: Path, tree: Path) -> None:
    tmp_path.chmod(0o700)
    run = tmp_path / "run"
    run.mkdir()
    assert accounts.executable_by(Account(STRANGER, STRANGER), [tree], run) == [run / "bin" / "wheel"]
    assert tmp_path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("squatter", ["file", "link", "dangling link"])
def test_copies_go_into_no_place_that_is_something_else(
    tmp_path: Path, tree: Path, monkeypatch: pytest.MonkeyPatch, squatter: str
) -> None:
    monkeypatch.setattr(accounts, "_enters", lambda *_: False)
    elsewhere, place = tmp_path / "elsewhere", tmp_path / "bin"
    if squatter == "file":
        place.touch()
    else:
        place.symlink_to(elsewhere)
    if squatter == "link":
        elsewhere.mkdir()
    with pytest.raises(Refused, match="remove it"):
        accounts.executable_by(Account(STRANGER, STRANGER), [tree], tmp_path)
    assert not elsewhere.exists() or not list(elsewhere.iterdir())


def test_removing_copies_that_are_not_there_is_no_error(tmp_path: Path) -> None:
    accounts.remove_copies(tmp_path / "never-made")

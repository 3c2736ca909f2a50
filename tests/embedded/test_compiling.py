"""Compiling the relay is a gift: where it cannot be done, or fails, everything else goes on."""

from __future__ import annotations

import os
import shutil
import sysconfig
import time
from pathlib import Path

import pytest

from envrunner.relay import compiled
from script import compiling
from script.checkout import Checkout


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """One whose machine has a C compiler, and Python's headers."""
    monkeypatch.setattr(compiling, "_compiler", lambda: "/usr/bin/cc")
    (tmp_path / "compiler.lock.txt").touch()
    return Checkout(tmp_path)


def test_a_machine_without_a_compiler_has_nothing_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "compiler.lock.txt").touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sysconfig, "get_config_var", lambda name: "no-such-compiler -pthread")
    assert compiling.settled(Checkout(tmp_path))


def test_what_failed_is_written_down_and_not_tried_again_that_day(checkout: Checkout) -> None:
    failing = str(shutil.which("false"))
    assert not compiling.settled(checkout)
    under_way = compiling.Compiling(checkout, Path(failing), {"PATH": "/usr/bin"})
    under_way.wait()
    assert compiling.settled(checkout)
    folder = compiled.folder(checkout.venv)
    assert "returned non-zero exit status 1" in folder.with_suffix(".failed").read_text()
    assert [one.name for one in folder.parent.iterdir()] == [f"{folder.name}.failed"]
    yesterday = time.time() - 86_500
    os.utime(folder.with_suffix(".failed"), (yesterday, yesterday))
    assert not compiling.settled(checkout)


def test_it_is_tried_again_once_the_sources_are_others(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled.folder(checkout.venv).mkdir(parents=True)
    assert compiling.settled(checkout)
    other = checkout.root / "fields.py"
    other.write_text("")
    monkeypatch.setattr(compiled, "sources", lambda: [other])
    assert not compiling.settled(checkout)

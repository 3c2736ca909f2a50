"""A supervisor of small processes in place of the real ones, and what it says of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from embedded import commands
from embedded.layout import Layout, Ports
from envrunner.keep.process import Kept
from tests.embedded import toy
from tests.support.ports import free_base
from tests.support.waiting import until

Start = Callable[[], Kept]


@pytest.fixture(scope="module")
def base() -> int:
    return free_base()


@pytest.fixture
def place(layout: Layout, base: int) -> Layout:
    """An installation with ports that are free."""
    return replace(layout, ports=Ports.chosen(str(base)))


@pytest.fixture
def start(place: Layout, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts, or finds, the supervisor of toys."""
    toy.replace_parts(monkeypatch)
    yield lambda: commands.start(place)[0]
    commands.stop(place)


def up(place: Layout, start: Start) -> Kept:
    supervisor = start()
    until(lambda: status(place).get("phase") == "ready")
    return supervisor


def status(place: Layout) -> dict[str, Any]:
    return commands.read_status(place)


def pids(place: Layout) -> dict[str, int]:
    found: dict[str, int] = json.loads(place.endpoints.read_text())["pids"]
    return found


def row(place: Layout, name: str) -> dict[str, Any]:
    return next(row for row in status(place)["processes"] if row["name"] == name)


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}/exe").exists() or "State:\tZ" in Path(f"/proc/{pid}/status").read_text()


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

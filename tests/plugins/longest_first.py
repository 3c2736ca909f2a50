"""Begins with what takes longest: a long file that is dealt out last is what everybody waits for in the end."""

from __future__ import annotations

import gc

import pytest

# Whole planes first, then those that start a few processes each; what is not named needs a database at most.
FOLDERS = ("system", "web", "chaos", "embedded", "envrunner/agent", "envrunner/edge", "envrunner", "rcloud", "examples")
LONGEST = (
    "system/test_matrix_control_plane.py",
    "system/test_cli_login.py",
    "system/test_tunnels_nodes.py",
    "system/test_tunnels_secured.py",
    "system/test_crash_changes.py",
    "chaos/test_kill.py",
    "embedded/test_whole_plane.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Folder by folder, so that a folder's plane is started once; files keep their tests together and in order."""
    items.sort(key=lambda item: turn(item.nodeid))


def turn(nodeid: str) -> tuple[int, int]:
    """Places of its folder and of its file; many may share one."""
    name = nodeid.partition("::")[0].removeprefix("tests/")
    places = [place for place, folder in enumerate(FOLDERS) if name.startswith(f"{folder}/")]
    return min(places, default=len(FOLDERS)), LONGEST.index(name) if name in LONGEST else len(LONGEST)


def pytest_collection_finish() -> None:
    """What was collected stays to the end: no garbage is to be looked for among it."""
    gc.freeze()

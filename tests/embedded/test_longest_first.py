"""Folders with planes come first, and in them the files that take long; within a file the order is its own."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from embedded.layout import CHECKOUT
from tests.plugins.longest_first import FOLDERS, LONGEST, pytest_collection_modifyitems


@dataclass(frozen=True)
class Item:
    nodeid: str


def test_the_order() -> None:
    files = ["controlplane/test_a.py", "system/test_a.py", "chaos/test_kill.py", "system/test_tunnels_nodes.py"]
    items = [Item(f"tests/{name}::{test}") for name in files for test in ("test_one", "test_another")]
    pytest_collection_modifyitems(items)  # type: ignore[arg-type]
    expected = ["system/test_tunnels_nodes.py", "system/test_a.py", "chaos/test_kill.py", "controlplane/test_a.py"]
    assert [item.nodeid for item in items] == [
        f"tests/{name}::{test}" for name in expected for test in ("test_one", "test_another")
    ]


@pytest.mark.parametrize("name", [*LONGEST, *FOLDERS])
def test_what_is_named_is_there(name: str) -> None:
    assert (CHECKOUT / "tests" / name).exists()

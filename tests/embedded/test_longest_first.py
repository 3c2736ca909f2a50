"""Folders with planes come first, and in them the files that take long; within a file the order is its own."""

from __future__ import annotations

import pytest

from embedded.layout import CHECKOUT
from tests.plugins.longest_first import FOLDERS, LONGEST

TWO = "def test_one(): pass\ndef test_another(): pass\n"


def test_the_order(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["tests.plugins.longest_first"]')
    files = ["controlplane/test_a.py", "system/test_a.py", "chaos/test_kill.py", "system/test_tunnels_nodes.py"]
    for name in files:
        file = pytester.path / "tests" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(TWO)
    said = pytester.runpytest_inprocess("--collect-only", "-q", "-p", "no:xdist", "--import-mode=importlib").outlines
    tests = [line for line in said if "::" in line]
    expected = ["system/test_tunnels_nodes.py", "system/test_a.py", "chaos/test_kill.py", "controlplane/test_a.py"]
    assert tests == [f"tests/{name}::{test}" for name in expected for test in ("test_one", "test_another")]


@pytest.mark.parametrize("name", [*LONGEST, *FOLDERS])
def test_what_is_named_is_there(name: str) -> None:
    assert (CHECKOUT / "tests" / name).exists()

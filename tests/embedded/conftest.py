"""Installations for tests: a home of their own, and every process gone afterwards."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded import teardown
from embedded.layout import Layout, Ports, make_directories, run_directory


def free_home() -> Path:
    """A fresh directory that other accounts can reach: pytest's own is private."""
    home = Path(tempfile.mkdtemp(prefix="embedded-"))
    home.chmod(0o755)
    return home


@pytest.fixture
def layout() -> Iterator[Layout]:
    """Directories are made; whatever was started in it is stopped."""
    home = free_home()
    made = Layout(home / "home", run_directory(home / "home", os.environ), Ports.chosen("21000"))
    make_directories(made)
    yield made
    teardown.stop_parts(made, [])
    teardown.remove_traces(made)
    shutil.rmtree(home)

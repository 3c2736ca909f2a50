"""An `rcloud` that nobody has used yet, and a server that says what a test tells it to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rcloud.scripted import Scripted
from tests.support.rcloud import InProcess, Rcloud


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted() as running:
        yield running


@pytest.fixture
def rcloud(tmp_path: Path) -> Rcloud:
    return InProcess(tmp_path)


@pytest.fixture
def signed_in(rcloud: Rcloud, server: Scripted) -> Rcloud:
    """Signed in at the scripted server."""
    rcloud.sign_in("e30.e30.s", server.url)
    return rcloud

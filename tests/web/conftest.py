"""The plane that the journeys share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.plane import Plane


@pytest.fixture(scope="package")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """The embedded mode with a home and ports of its own; `script/up` has built the console."""
    with Plane(tmp_path_factory.mktemp("console")) as running:
        yield running

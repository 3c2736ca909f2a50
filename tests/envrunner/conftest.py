"""Fixtures of the data-plane tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.envrunner import nodes
from tests.envrunner.control_plane import ControlPlane


@pytest.fixture
def node() -> Iterator[nodes.Node]:
    """A node of one's own."""
    with nodes.node() as made:
        yield made


@pytest.fixture(scope="module")
def shared_node() -> Iterator[nodes.Node]:
    """One node for a module's tests: each uses environments of its own."""
    with nodes.node() as made:
        yield made


@pytest.fixture
def control_plane(node: nodes.Node) -> Iterator[ControlPlane]:
    """The wire's double, serving the node's internal API."""
    made = ControlPlane(node.settings.run_dir / "api.sock")
    made.start()
    yield made
    made.stop()

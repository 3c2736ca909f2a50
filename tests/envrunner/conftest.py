"""Fixtures of the data-plane tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.envrunner import nodes


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

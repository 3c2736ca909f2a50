"""One edge with a small world, shared by the tests that only ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.envrunner.edge.stack import Stack

MINE, OTHERS, OFF, DELETED, SMALL, SLOW, ENGINELESS, NOBODYS = 1, 2, 3, 4, 5, 6, 7, 99
"""Environments of the world; NOBODYS does not exist."""
API_KEY_ROLES = ("full", "ingress", "admin", "complete_awakeable")
MEMBER_ROLES = ("owner", "admin", "developer", "viewer")


@dataclass
class World:
    """``tokens`` by role: API keys as ``full`` …, members as ``member:owner`` …"""

    stack: Stack
    tokens: dict[str, str] = field(default_factory=dict)

    def port(self, side: str) -> int:
        return self.stack.ingress if side == "ingress" else self.stack.admin

    def own_port(self, number: int, side: str) -> int:
        """The environment's own loopback port."""
        return self.stack.ports_from + 2 * number + (side == "admin")

    def host(self, number: int = MINE) -> str:
        return self.stack.host(number)


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    stack = Stack()
    try:
        result = World(stack)
        _fill(result)
        stack.start()
        yield result
    finally:
        stack.stop()


def _fill(world: World) -> None:
    stack = world.stack
    stack.add_environment(MINE)
    stack.add_environment(OTHERS, accountId="acc_2")
    stack.add_environment(OFF, status="OFF")
    stack.add_environment(DELETED, status="DELETED")
    stack.add_environment(SMALL, requestSizeLimitBytes=1000)
    stack.add_environment(SLOW, requestsPerSecond=3)
    stack.add_environment(ENGINELESS, engine=False)
    for role in API_KEY_ROLES:
        world.tokens[role] = stack.add_key(MINE, role)
    for role in MEMBER_ROLES:
        world.tokens[f"member:{role}"] = stack.add_member(f"usr_{role}", role)
    for number in (OTHERS, OFF, DELETED, SMALL, SLOW, ENGINELESS):
        world.tokens[f"full:{number}"] = stack.add_key(number, "full")
    world.tokens["expired"] = stack.add_key(MINE, "full", secret="old", expires_at="2020-01-01T00:00:00Z")
    world.tokens["lasting"] = stack.add_key(MINE, "full", secret="new", expires_at="2999-01-01T00:00:00Z")


@pytest.fixture
def stack() -> Iterator[Stack]:
    """An edge of the test's own, not started, with one environment."""
    stack = Stack()
    try:
        stack.add_environment(1)
        yield stack
    finally:
        stack.stop()

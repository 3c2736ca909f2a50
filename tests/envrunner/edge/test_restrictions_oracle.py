"""Random keys and requests through the edge, against docs/api-keys.md stated a second time (restrictions_oracle.py)."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.envrunner.edge import restrictions_oracle as oracle
from tests.envrunner.edge.asking import ask
from tests.envrunner.edge.stack import Stack
from tests.envrunner.edge.test_rules import body_of

POLICIES, REQUESTS = 200, 25
ADDRESS = "127.0.0.1"


@pytest.fixture(scope="module")
def edge() -> Iterator[Stack]:
    stack = Stack()
    try:
        stack.add_environment(1)
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.mark.parametrize("seed", range(4))
def test_random_keys_may_what_the_document_says(edge: Stack, seed: int) -> None:
    chance = random.Random(seed)
    keys = []
    for number in range(POLICIES // 4):
        role = chance.choice(("full", "full", "ingress", "ingress", "admin", "complete_awakeable"))
        restrictions = oracle.random_restrictions(chance)
        keys.append((role, restrictions, edge.add_key(1, role, secret=f"{seed}x{number}", restrictions=restrictions)))
    edge.wait_applied()
    wrong, seen = [], set()
    for role, restrictions, token in keys:
        for _ in range(REQUESTS):
            side = chance.choice(("ingress", "ingress", "admin"))
            method, target = oracle.random_request(chance, side)
            port = edge.ports_from + 2 + (side == "admin")
            answer = ask(port, target, method=method, token=token, body=body_of(method, target))
            wanted = oracle.expected(role, restrictions, side, method, target, ADDRESS)
            seen.add(answer.status)
            if answer.status != wanted:
                wrong.append((role, restrictions, side, method, target, answer.status, wanted))
    assert wrong == []
    assert {200, 403, 404} <= seen

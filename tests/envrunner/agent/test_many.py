"""Many engines, and what happens to their logs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from envrunner.wire import Desired, EngineState
from tests.envrunner.nodes import Node
from tests.envrunner.specs import spec


def test_twenty_at_once(node: Node) -> None:
    specs = [spec(number) for number in range(20)]
    with ThreadPoolExecutor(20) as threads:
        states = list(threads.map(node.settle, specs))
    assert len({state.pid for state in states}) == 20
    assert [node.query(one, "select 1 as a") for one in specs] == [[{"a": 1}]] * 20
    gone = [spec(number, generation=2, desired=Desired.ABSENT) for number in range(20)]
    with ThreadPoolExecutor(20) as threads:
        list(threads.map(lambda one: node.settle(one, EngineState.ABSENT), gone))
    assert list(node.settings.engines_dir.iterdir()) == []


def test_one_that_fails_does_not_hold_up_others(node: Node) -> None:
    for number in range(6):
        node.client.put(spec(number, pem="broken"))
    node.settle(spec(10))

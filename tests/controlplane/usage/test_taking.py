"""What runners tell of minutes is counted once, and only by the runner whose engine it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.controlplane.node import Node
from tests.controlplane.people import Person
from tests.controlplane.usage.conftest import Tell, made, minute


def items(person: Person, path: str) -> list[dict[str, Any]]:
    answer = person.get(f"{path}/usage")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_a_minute_told_is_a_minute_shown(ada: Person, path: str, tell: Tell) -> None:
    figures = {
        "requests": 12, "errors": 2, "p50Ms": 4.5, "p99Ms": 20.25, "invocations": 14, "completedInvocations": 13,
        "failedAttempts": 1, "engineSeconds": 60, "storageBytes": 2**33,
    }  # fmt: skip
    assert tell(ago=1, **figures) == 204
    assert items(ada, path) == [{"at": minute(1).replace("Z", ".000Z"), **figures}]


def test_what_is_told_twice_or_out_of_order_counts_once(ada: Person, path: str, tell: Tell) -> None:
    for requests, p50 in ((5, 5.0), (9, 9.0), (9, 9.0), (5, 5.0)):
        tell(ago=1, requests=requests, p50Ms=p50, engineSeconds=15 + requests)
    (item,) = items(ada, path)
    assert (item["requests"], item["p50Ms"], item["engineSeconds"]) == (9, 9.0, 24)


def test_a_latency_is_not_forgotten_when_nothing_was_added(ada: Person, path: str, tell: Tell) -> None:
    tell(requests=5, p50Ms=5.0)
    tell(requests=5)
    assert items(ada, path)[0]["p50Ms"] == 5.0


def test_minutes_are_taken_late_for_an_hour_and_never_early(ada: Person, path: str, tell: Tell) -> None:
    for ago in (62, 24 * 60, -4):
        assert tell(ago=ago, requests=1) == 204
    assert ada.get(f"{path}/usage?since=2d&until=2099-01-01T00:00:00Z&step=day").status_code == 422
    assert ada.get(f"{path}/usage?since=2d").json()["items"] == []
    tell(ago=58, requests=1)
    assert len(items(ada, path)) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"requests": -1}, {"requests": 2**41}, {"requests": 1.5}, {"engineSeconds": 61}, {"p50Ms": -1},
        {"p50Ms": "NaN"}, {"storageBytes": 2**61}, {"environmentId": "env_x"}, {"minute": "now"},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(ada: Person, path: str, tell: Tell, wrong: dict[str, Any]) -> None:
    assert tell(**wrong) == 422
    assert items(ada, path) == []


def test_a_runner_tells_nothing_of_another_runner_s_environments(
    ada: Person, path: str, tell: Tell, node: Node
) -> None:
    stranger = Node.register(node.client, "stranger", region="elsewhere")
    assert tell(by=stranger, requests=1_000_000) == 204
    assert tell(by=Node(node.client, "forged"), requests=1_000_000) == 401
    assert items(ada, path) == []


def test_no_person_tells_usage(ada: Person, account: str, path: str, node: Node) -> None:
    other = made(ada, account, "other")
    assert node.client.post("/internal/v1/usage", json={"items": []}, headers=ada.headers).status_code == 401
    assert ada.post(f"{path}/usage", {"items": []}).status_code == 405
    assert items(ada, other) == []

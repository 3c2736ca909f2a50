"""What relay nodes say of tunnels, and who sees it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp

AT = "2026-01-01T12:00:00.000Z"
LATER = "2026-01-01T12:05:00.000Z"


@pytest.fixture
def owner(signed_up: SignedUp) -> Person:
    return signed_up()


@pytest.fixture
def path(owner: Person, node: Node) -> str:
    """Of an environment."""
    account = owner.account()
    made = owner.post(f"/accounts/{account}/environments", {"name": "dev"})
    assert made.status_code == 202, made.text
    return f"/accounts/{account}/environments/{made.json()['environmentId']}"


def report(path: str, name: str = "laptop", **members: Any) -> dict[str, Any]:
    usual = {
        "environmentId": path.rpartition("/")[2], "name": name, "connections": 1, "since": AT, "goneAt": None,
        "openRequests": 2, "requests": 10, "errors": 1, "bytesToService": 100, "bytesFromService": 200,
        "lastFailure": "answered 502", "lastFailureAt": AT,
    }  # fmt: skip
    return usual | members


def tell(node: Node, *items: dict[str, Any], name: str = "http://relay-1:9080") -> None:
    answer = node.call("POST", "/tunnels", json={"node": name, "items": items})
    assert answer.status_code == 204, answer.text


def shown(person: Person, path: str) -> list[dict[str, Any]]:
    answer = person.get(f"{path}/tunnels")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_what_a_node_says_is_shown(owner: Person, node: Node, path: str) -> None:
    assert shown(owner, path) == []
    tell(node, report(path), report(path, "other", connections=0, goneAt=LATER))

    laptop, other = shown(owner, path)
    sent = report(path)
    assert laptop == {name: value for name, value in sent.items() if name != "environmentId"}
    assert (other["name"], other["connections"], other["goneAt"]) == ("other", 0, LATER)


def test_a_node_replaces_what_it_said_and_nothing_of_others(owner: Person, node: Node, path: str) -> None:
    tell(node, report(path, "first"), report(path, "second"))
    tell(node, report(path, "third"), name="http://relay-2:9080")
    tell(node, report(path, "second", requests=11))

    assert [(one["name"], one["requests"]) for one in shown(owner, path)] == [("second", 11), ("third", 10)]


def test_nodes_are_taken_together(owner: Person, node: Node, path: str) -> None:
    tell(node, report(path))
    failed = {"lastFailure": "the connection was lost", "lastFailureAt": LATER}
    tell(node, report(path, since=LATER, **failed), name="http://relay-2:9080")

    (one,) = shown(owner, path)
    assert (one["connections"], one["requests"], one["openRequests"], one["since"]) == (2, 20, 4, AT)
    assert (one["lastFailure"], one["lastFailureAt"]) == ("the connection was lost", LATER)


def test_a_node_that_fell_silent_holds_nothing(
    owner: Person, node: Node, path: str, later: Callable[[timedelta], None]
) -> None:
    tell(node, report(path))
    later(timedelta(minutes=1))

    (one,) = shown(owner, path)
    assert (one["connections"], one["openRequests"], one["requests"]) == (0, 0, 10)
    assert one["goneAt"] is not None


def test_environments_that_are_not_are_passed_over(owner: Person, node: Node, path: str) -> None:
    tell(node, report(path, environmentId="env_" + "0" * 27), report(path), report(path, futureMember=1))

    assert len(shown(owner, path)) == 1


def test_strangers_see_nothing(node: Node, path: str, signed_up: SignedUp) -> None:
    tell(node, report(path))

    assert signed_up("eve").get(f"{path}/tunnels").status_code == 404


def test_nobody_without_a_runners_credential_tells_anything(node: Node, path: str, owner: Person) -> None:
    body = {"node": "http://relay-1:9080", "items": [report(path)]}
    for credential in ("wrong", owner.token):
        answer = Node(node.client, credential).call("POST", "/tunnels", json=body)
        assert answer.status_code == 401
    assert shown(owner, path) == []

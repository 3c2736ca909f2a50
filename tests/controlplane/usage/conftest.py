"""An environment whose runner tells what a test says it did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from controlplane.core import clock
from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp

Tell = Callable[..., int]
NOTHING = {
    "requests": 0, "errors": 0, "p50Ms": None, "p99Ms": None, "invocations": 0, "completedInvocations": 0,
    "failedAttempts": 0, "engineSeconds": 0, "storageBytes": None,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """No minute begins between what is told and what is read."""
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def ada(signed_up: SignedUp) -> Person:
    return signed_up()


@pytest.fixture
def account(ada: Person) -> str:
    return ada.account()


@pytest.fixture
def path(ada: Person, account: str, node: Node) -> str:
    """Of an environment ``dev``."""
    assert node
    return made(ada, account, "dev")


@pytest.fixture
def tell(path: str, node: Node) -> Tell:
    """Report one minute of it, ``ago`` minutes ago; the answer's status."""

    def report(ago: float = 0, by: Node = node, **members: Any) -> int:
        item = {**NOTHING, "environmentId": path.rpartition("/")[2], "minute": minute(ago), **members}
        return int(by.call("POST", "/usage", json={"items": [item]}).status_code)

    return report


def made(person: Person, account: str, name: str) -> str:
    """The path of a new environment."""
    answer = person.post(f"/accounts/{account}/environments", {"name": name})
    assert answer.status_code == 202, answer.text
    return f"/accounts/{account}/environments/{answer.json()['environmentId']}"


def minute(ago: float = 0) -> str:
    return (clock.now() - timedelta(minutes=ago)).strftime("%Y-%m-%dT%H:%M:00Z")

"""An environment whose runner sends lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class Scene:
    """`owner`'s environment `path` on `node`; lines are numbered from 1 and a second apart from `START` on."""

    owner: Person
    node: Node
    account_id: str
    environment_id: str
    start: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(hours=1))

    @property
    def path(self) -> str:
        return f"/accounts/{self.account_id}/environments/{self.environment_id}"

    def line(self, number: int, **members: Any) -> dict[str, Any]:
        at = (self.start + timedelta(seconds=number)).isoformat()
        usual = {"sequence": number, "at": at, "level": "INFO", "source": "engine", "line": f"line {number}"}
        return usual | members

    def send(self, *lines: dict[str, Any], environment_id: str | None = None) -> None:
        items = [{"environmentId": environment_id or self.environment_id, "lines": lines}]
        answer = self.node.call("POST", "/logs", json={"items": items})
        assert answer.status_code == 204, answer.text

    def send_numbers(self, numbers: Sequence[int]) -> None:
        self.send(*(self.line(number) for number in numbers))

    def get(self, by: Person | None = None, **query: Any) -> httpx2.Response:
        return (by or self.owner).get(f"{self.path}/logs", params=query)

    def read(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.get(**query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/x-ndjson"
        return [json.loads(line) for line in answer.text.splitlines()]

    def texts(self, **query: Any) -> list[str]:
        return [line["line"] for line in self.read(**query)]


def scene_of(owner: Person, node: Node) -> Scene:
    account_id = owner.account(f"a{owner.user_id[4:20]}")
    made = owner.post(f"/accounts/{account_id}/environments", {"name": "dev"})
    assert made.status_code == 202, made.text
    node.does_what_it_should()
    return Scene(owner, node, account_id, made.json()["environmentId"])


@pytest.fixture
def scene(signed_up: SignedUp, node: Node) -> Scene:
    return scene_of(signed_up(), node)

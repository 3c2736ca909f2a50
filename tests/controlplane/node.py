"""The wire's double of a data-plane node: a registered runner that reports what a test tells it to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2
from starlette.testclient import TestClient

from controlplane.core.database import transaction
from controlplane.internal import create_internal_app
from controlplane.runners import service as runners

INTERNAL = "/internal/v1"


@dataclass
class Node:
    """One runner and its credential, calling the internal API."""

    client: TestClient
    credential: str

    @classmethod
    def register(cls, client: TestClient, name: str = "local", region: str = "local", capacity: int = 100) -> Node:
        with transaction() as session:
            runners.register(session, name, region, f"credential-of-{name}", capacity)
        return cls(client, f"credential-of-{name}")

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {self.credential}"}
        return self.client.request(method, INTERNAL + path, headers=headers, **options)

    def specs(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.call("GET", "/specs").json()["items"]
        return items

    def report(self, environment_id: str, state: str, generation: int, reason: str | None = None) -> None:
        item = {"environmentId": environment_id, "generation": generation, "state": state, "reason": reason}
        answer = self.call("POST", "/reports", json={"items": [item]})
        assert answer.status_code == 204, answer.text

    def does_what_it_should(self) -> None:
        """Report every environment as its spec wants it."""
        settled = {"RUNNING": "READY", "STOPPED": "STOPPED", "ABSENT": "ABSENT"}
        for spec in self.specs():
            self.report(spec["environmentId"], settled[spec["desired"]], spec["generation"])


def internal_client() -> TestClient:
    return TestClient(create_internal_app(), base_url="http://internal")

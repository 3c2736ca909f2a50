from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp


@dataclass
class Trier:
    """Tries services with one environment."""

    person: Person
    path: str
    environment: dict[str, Any]

    def __call__(self, uri: str | None = None, **more: Any) -> dict[str, Any]:
        """The result, its checks as `{name: message}`, and `failed`: the name of the one that did, or null."""
        answer = self.person.post(f"{self.path}/preflight", {"uri": uri, **more} if uri else more)
        assert answer.status_code == 200, answer.text
        result = answer.json()
        failed = [check["name"] for check in result["checks"] if not check["ok"]]
        assert result["ok"] == (not failed)
        assert failed == [] or failed == [result["checks"][-1]["name"]], "ends at the first that failed"
        checks = {check["name"]: check["message"] for check in result["checks"]}
        return checks | {"failed": failed[0] if failed else None}

    @property
    def key(self) -> str:
        key: str = self.environment["signingPublicKey"]
        return key


@pytest.fixture
def trier(signed_up: SignedUp, node: Node) -> Trier:
    ada = signed_up()
    environments = f"/accounts/{ada.account()}/environments"
    made = ada.post(environments, {"name": "dev"}).json()
    return Trier(ada, f"{environments}/{made['environmentId']}", made)


@pytest.fixture
def production(configured: Callable[..., None]) -> None:
    configured(loopback_mode="false")

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select

from controlplane.core import queue
from controlplane.core.database import transaction
from controlplane.core.ids import label
from controlplane.edge_log.models import EdgeChange
from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp


@dataclass
class Keys:
    """An environment's identity keys in its owner's hands; `deployments` are what its node would tell of."""

    person: Person
    node: Node
    environment: str
    environment_id: str
    deployments: list[dict[str, Any]] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"{self.environment}/identity-keys"

    def do(self, what: str = "", body: Any = None, status: int = 200) -> dict[str, Any]:
        """POST below the keys; the answer."""
        answer = self.person.post(f"{self.path}{what}", body)
        assert answer.status_code == status, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def states(self) -> dict[str, str]:
        """State by public key, of those that are not destroyed."""
        items = self.person.get(self.path).json()["items"]
        return {one["publicKey"]: one["state"] for one in items if one["state"] != "destroyed"}

    def shown(self) -> dict[str, Any]:
        view: dict[str, Any] = self.person.get(self.environment).json()
        return view

    def route(self) -> list[str]:
        """What relays were told last that they may accept."""
        query = select(EdgeChange).where(EdgeChange.entry == label(self.environment_id))
        with transaction() as session:
            last = session.scalars(query.order_by(EdgeChange.sequence.desc()).limit(1)).one()
        keys: list[str] = (last.value or {})["signingPublicKeys"]
        return keys


@pytest.fixture
def keys(signed_up: SignedUp, node: Node, monkeypatch: pytest.MonkeyPatch) -> Keys:
    """Of an environment whose engine runs, on a node that answers at once."""
    ada = signed_up()
    environments = f"/accounts/{ada.account()}/environments"
    environment_id = ada.post(environments, {"name": "dev"}).json()["environmentId"]
    node.does_what_it_should()
    made = Keys(ada, node, f"{environments}/{environment_id}", environment_id)

    def tell(task: str, *ids: str, queue: str) -> None:
        if task == "runner.deployments":
            body = {"environmentId": ids[0], "items": made.deployments}
            assert node.call("POST", "/deployments", json=body).status_code == 204

    monkeypatch.setattr(queue, "send", tell)
    return made


def deployed(number: int, uri: str, **more: Any) -> dict[str, Any]:
    """As a node tells of it."""
    return {"id": f"dp_{number}", "uri": uri, "httpVersion": "HTTP/2.0", **more}

"""Asking what an engine may be given, as the edge does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.controlplane.node import Node

ROLE = "arn:aws:iam::123456789012:role/Invoker"
FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:greeter:7"
PUBLIC = "93.184.216.34"


@dataclass
class Edge:
    """Asks as the edge does, for one environment."""

    node: Node
    environment_id: str
    account_id: str = ""

    def __call__(self, route: str, body: Any, environment_id: str | None = None) -> str | None:
        """Why not; null when it is admitted."""
        text = body if isinstance(body, str) else json.dumps(body)
        ask = {"environmentId": environment_id or self.environment_id, "route": route, "body": text}
        answer = self.node.call("POST", "/admission", json=ask)
        assert answer.status_code == 200, answer.text
        assert answer.json()["admitted"] == (answer.json()["message"] is None)
        message: str | None = answer.json()["message"]
        return message


def register(edge: Edge, uri: str) -> str:
    return edge("POST /deployments", {"uri": uri}) or ""

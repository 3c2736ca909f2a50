"""A real engine of a node, called at its own sockets: no edge, no control plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2

from envrunner.wire import Spec
from tests.envrunner.nodes import Node
from tests.support.waiting import until


@dataclass(frozen=True)
class Engine:
    """Settled, when a test calls it."""

    node: Node
    spec: Spec

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """The decoded answer of a call that must succeed."""
        answer = self.ask("a", method, path, body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def invoke(self, path: str, body: Any) -> Any:
        """The decoded answer of a handler that must succeed."""
        answer = self.ask("i", "POST", path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sql(self, query: str) -> list[dict[str, Any]]:
        """Its rows, once the engine answers: one that was killed has queries fail for a moment."""
        answer = until(
            lambda: found if (found := self.ask("a", "POST", "/query", {"query": query})).is_success else None
        )
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return rows

    def ask(self, which: str, method: str, path: str, body: Any = None) -> httpx2.Response:
        """At its ingress (``i``) or admin (``a``) socket; any status."""
        transport = httpx2.HTTPTransport(uds=str(self.node.socket(self.spec, which)))
        with httpx2.Client(transport=transport, base_url="http://engine", timeout=30) as http:
            return http.request(method, path, json=body, headers={"accept": "application/json"})

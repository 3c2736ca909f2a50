"""Somebody calls operations one by one, and looks after each at the audit rows it has written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.audit.models import AuditEvent
from tests.controlplane.domains.nameserver import NameServer
from tests.controlplane.node import Node
from tests.controlplane.people import PASSWORD, Person
from tests.support.identity_provider_rogue import Rogue

_SECRETS = ("secret", "accessToken", "challenge", "uri")


@dataclass
class Story:
    """`rows` gives the actions written since it was asked last, none of which may hold a secret shown meanwhile."""

    client: TestClient
    session: Session
    node: Node
    rogue: Rogue
    name_server: NameServer
    seen: int = 0
    secrets: list[str] = field(default_factory=lambda: [PASSWORD])

    def rows(self) -> list[str]:
        query = select(AuditEvent).where(AuditEvent.number > self.seen).order_by(AuditEvent.number)
        found = self.session.scalars(query).all()
        for event in found:
            assert not any(secret in json.dumps(event.details) for secret in self.secrets)
            assert event.request_id or event.action == "runner.register"
        self.seen = max([self.seen, *(event.number for event in found)])
        return [event.action for event in found]

    def signs_up(self, name: str) -> Person:
        """A new person; the rows of that are not the story's."""
        person = Person.sign_up(self.client, name)
        self.rows()
        return person

    def asked(self, person: Person, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = person.call(method, path, json=body)
        assert answer.status_code < 300, answer.text
        shown: dict[str, Any] = answer.json() if answer.content else {}
        self.secrets += [shown[name] for name in _SECRETS if name in shown]
        self.secrets += shown.get("recoveryCodes") or []
        return shown


# Each step is an operation (after a comma, a variant of it; in brackets, no operation) and the actions it writes.
Tell = Callable[[Story], Iterator[tuple[str, list[str]]]]

"""Every call that changes something writes one audit row, and none of a secret. A call not in the story fails here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.audit.models import AuditEvent
from tests.controlplane.node import Node
from tests.controlplane.people import API, PASSWORD, Person

READING = {"cliListAccounts", "cliListEnvironments", "cliDescribeEnvironment"}


class Story:
    """Calls each operation once; `rows` gives the actions written since it was asked last."""

    def __init__(self, client: TestClient, session: Session) -> None:
        self.client, self.session, self.seen = client, session, 0
        self.secrets = [PASSWORD]

    def rows(self) -> list[str]:
        query = select(AuditEvent).where(AuditEvent.number > self.seen).order_by(AuditEvent.number)
        found = self.session.scalars(query).all()
        for event in found:
            assert not any(secret in json.dumps(event.details) for secret in self.secrets)
            assert event.request_id or event.action == "runner.register"
        self.seen = max([self.seen, *(event.number for event in found)])
        return [event.action for event in found]

    def asked(self, person: Person, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = person.call(method, path, json=body)
        assert answer.status_code < 300, answer.text
        shown: dict[str, Any] = answer.json() if answer.content else {}
        self.secrets += [shown[name] for name in ("secret", "accessToken") if name in shown]
        return shown

    def told(self, node: Node) -> Iterator[tuple[str, list[str]]]:
        ada = Person.sign_up(self.client, "ada")
        yield "signUp", self.rows()
        ada = ada.logs_in()
        yield "logIn", self.rows()
        account = self.asked(ada, "POST", "/accounts", {"name": "demo"})["accountId"]
        yield "createAccount", self.rows()
        environments = f"/accounts/{account}/environments"
        path = f"{environments}/{self.asked(ada, 'POST', environments, {'name': 'dev'})['environmentId']}"
        yield "createEnvironment", self.rows()
        key = self.asked(ada, "POST", f"{path}/api-keys", {"description": "d", "role": "full"})["keyId"]
        yield "createApiKey", self.rows()
        self.asked(ada, "DELETE", f"{path}/api-keys/{key}")
        yield "revokeApiKey", self.rows()
        self.asked(ada, "DELETE", path)
        yield "deleteEnvironment", self.rows()
        self.asked(ada, "POST", f"{path}/restore")
        yield "restoreEnvironment", self.rows()
        self.asked(ada, "DELETE", f"{path}?purge=true")
        yield "deleteEnvironment, purge", self.rows()
        node.does_what_it_should()
        yield "(the runner has destroyed it)", self.rows()
        self.asked(ada, "POST", "/auth/logout")
        yield "logOut", self.rows()


def changing(app: FastAPI) -> set[str]:
    operations = (
        (method, operation["operationId"])
        for methods in app.openapi()["paths"].values()
        for method, operation in methods.items()
    )
    return {name for method, name in operations if method != "get"} - READING


def test_every_change_is_one_row(app: FastAPI, client: TestClient, session: Session, node: Node) -> None:
    story = Story(client, session)
    story.rows()
    written = dict(story.told(node))
    assert {name.partition(",")[0] for name in written if "(" not in name} == changing(app)
    assert written == {
        "signUp": ["auth.signup"],
        "logIn": ["auth.login"],
        "createAccount": ["account.create"],
        "createEnvironment": ["environment.create"],
        "createApiKey": ["api_key.create"],
        "revokeApiKey": ["api_key.revoke"],
        "deleteEnvironment": ["environment.delete"],
        "restoreEnvironment": ["environment.restore"],
        "deleteEnvironment, purge": ["environment.purge"],
        "(the runner has destroyed it)": ["environment.destroyed"],
        "logOut": ["auth.logout"],
    }


def test_a_refused_login_is_a_row_without_what_was_typed(client: TestClient, session: Session) -> None:
    ada = Person.sign_up(client, "ada")
    story = Story(client, session)
    story.rows()
    typed = {"email": ada.email, "password": "what was typed"}
    assert client.post(f"{API}/auth/login", json=typed).status_code == 401
    story.secrets.append(typed["password"])
    assert story.rows() == ["auth.login_failed"]

"""Every call that changes something writes one audit row, and none of a secret. A call in no story fails here."""

from __future__ import annotations

from itertools import chain

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests.controlplane.audit import (
    story_environments,
    story_factors,
    story_login,
    story_members,
    story_programs,
    story_sso,
)
from tests.controlplane.audit.story import Story, Tell
from tests.controlplane.domains.nameserver import NameServer
from tests.controlplane.node import Node
from tests.controlplane.people import API
from tests.support.identity_provider_rogue import Rogue

# By its method it might change something, and does not: it asks, or begins what another operation ends.
READING = {
    "cliListAccounts",
    "cliListEnvironments",
    "cliDescribeEnvironment",
    "cliGetUserIdentity",
    "cliListApiKeys",
    "cliDescribeApiKey",
    "cliGetEnvironmentLogs",
    "checkAuthorization",
    "lintAwsTrustPolicy",
    "checkIdentityKeys",
    "preflightService",
    "startPasskey",
    "startPasskeyLogin",
    "startSecondFactor",
}
STORIES: tuple[Tell, ...] = (
    story_environments.tell,
    story_login.tell,
    story_factors.tell,
    story_members.tell,
    story_programs.tell,
    story_sso.tell,
)


@pytest.fixture
def story(
    client: TestClient, session: Session, node: Node, rogue: Rogue, dns_server: NameServer, loopback_allowed: None
) -> Story:
    begun = Story(client, session, node, rogue, dns_server)
    begun.rows()
    return begun


def test_every_change_is_one_row(app: FastAPI, story: Story) -> None:
    told = set()
    for operation, actions in chain.from_iterable(tell(story) for tell in STORIES):
        assert story.rows() == actions, operation
        told.add(operation.partition(",")[0])
    assert {name for name in told if "(" not in name} == changing(app)


def changing(app: FastAPI) -> set[str]:
    operations = (
        (method, operation["operationId"])
        for methods in app.openapi()["paths"].values()
        for method, operation in methods.items()
    )
    return {name for method, name in operations if method != "get"} - READING


def test_a_refused_login_is_a_row_without_what_was_typed(story: Story) -> None:
    ada = story.signs_up("ada")
    typed = {"email": ada.email, "password": "what was typed"}
    assert story.client.post(f"{API}/auth/login", json=typed).status_code == 401
    story.secrets.append(typed["password"])
    assert story.rows() == ["auth.login_failed"]

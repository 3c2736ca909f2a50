"""Fixtures of workload identity: an issuer, an environment that trusts it, and jobs that ask to be let in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from controlplane.workload_identity import issuers
from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp
from tests.controlplane.sso.conftest import loopback_allowed
from tests.support import workload_issuer
from tests.support.workload_issuer import GITHUB, Issuer

__all__ = ["loopback_allowed"]
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
PINNED = {name: GITHUB[name] for name in ("repository", "repository_id", "ref")}


@dataclass
class Team:
    """An owner, their environment, and its rules; `exchange` is what a job does."""

    owner: Person
    account_id: str
    environment_id: str
    issuer: Issuer
    audience: str = ""
    rule: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/accounts/{self.account_id}/environments/{self.environment_id}"

    @property
    def rules(self) -> str:
        return f"{self.path}/workload-identity-rules"

    def body(self, **changes: Any) -> dict[str, Any]:
        usual = {"name": "deploy", "provider": "github", "issuer": self.issuer.url, "conditions": PINNED}
        return {**usual, "role": "developer", "minutes": 15, **changes}

    def trusts(self, **changes: Any) -> dict[str, Any]:
        answer = self.owner.post(self.rules, self.body(**changes))
        assert answer.status_code == 201, answer.text
        self.rule = answer.json()
        self.audience = self.rule["audience"]
        return self.rule

    def listed(self) -> dict[str, Any]:
        """The rule as the team sees it now."""
        items = self.owner.get(self.rules).json()["items"]
        return next(item for item in items if item["ruleId"] == self.rule["ruleId"])

    def exchange(self, token: str, audience: str | None = None, **form: str) -> httpx2.Response:
        return exchange(self.owner.client, token, audience or self.environment_id, **form)

    def let_in(self, **claims: Any) -> str:
        """A job's access token."""
        answer = self.exchange(self.issuer.token(self.audience, **claims))
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    def as_job(self, token: str) -> Person:
        return Person(self.owner.client, "", "", token, "")


def exchange(client: TestClient, token: str, audience: str, **form: str) -> httpx2.Response:
    usual = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ID_TOKEN, "audience": audience}
    return client.post("/oauth2/token", data=usual | form)


@pytest.fixture(autouse=True)
def _no_issuers_remembered() -> Iterator[None]:
    yield
    issuers._known.clear()


@pytest.fixture(scope="session")
def _issuer() -> Iterator[Issuer]:
    with workload_issuer.running() as found:
        yield found


@pytest.fixture
def issuer(_issuer: Issuer) -> Issuer:
    """GitHub's stand-in, as it is without a test."""
    fresh = Issuer()
    for name in ("usual", "kids", "document", "answer", "before", "discoveries"):
        setattr(_issuer, name, getattr(fresh, name))
    return _issuer


@pytest.fixture
def founded(signed_up: SignedUp, node: Node, issuer: Issuer, loopback_allowed: None) -> Callable[[str], Team]:
    """`founded("ada")`: a team with an environment that trusts nobody yet."""
    assert node

    def found(name: str) -> Team:
        owner = signed_up(name)
        account_id = owner.account(name)
        made = owner.post(f"/accounts/{account_id}/environments", {"name": "dev"}).json()
        return Team(owner, account_id, made["environmentId"], issuer)

    return found


@pytest.fixture
def team(founded: Callable[[str], Team]) -> Team:
    """One that trusts the main branch of acme/shop."""
    made = founded("ada")
    made.trusts()
    return made

"""Fixtures of single sign-on: peers, connections to them, and browsers with a cookie jar each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.core import clock
from controlplane.core.database import transaction
from controlplane.core.ids import new_id
from controlplane.domains.models import Domain
from controlplane.settings import settings
from controlplane.sso_connections import addresses, discovery, keys, service
from controlplane.sso_connections.models import SsoConnection
from controlplane.sso_connections.schemas import NewProvider
from tests.support import github_double, identity_provider, identity_provider_rogue, workos_double
from tests.support.github_double import GitHub
from tests.support.identity_provider import IdentityProvider
from tests.support.identity_provider_rogue import Rogue
from tests.support.workos_double import WorkOs

API = "/api/v1"
ORIGIN = "http://127.0.0.1:8000"
PROVIDERS = ("corp", "other", "google")


@dataclass
class Browser:
    """A browser on its way through our two addresses; what a provider shows is the test's part."""

    client: TestClient

    def start(self, provider: str, **query: Any) -> str:
        """Where it is sent: the provider's authorization address."""
        answer = self.visit(provider, **query)
        assert answer.status_code == 302, (answer.status_code, answer.headers.get("location"))
        return str(answer.headers["location"])

    def visit(self, provider: str, headers: dict[str, str] | None = None, **query: Any) -> httpx2.Response:
        return self.client.get(f"{API}/auth/sso/{provider}", params=query, headers=headers or {})

    def come_back(self, provider: str, **answer: str) -> httpx2.Response:
        return self.client.get(f"{API}/auth/sso/{provider}/callback", params=answer)

    def follow(self, address: str) -> httpx2.Response:
        """Come back to the address a provider has sent the browser to."""
        assert address.startswith(f"{ORIGIN}/"), address
        return self.client.get(address.removeprefix(ORIGIN))

    def me(self) -> dict[str, Any] | None:
        """Who is signed in here."""
        answer = self.client.get(f"{API}/auth/me")
        body: dict[str, Any] = answer.json()
        return body["user"] if answer.status_code == 200 else None


def landed(answer: httpx2.Response) -> str:
    """The path of ours that the browser is sent to."""
    assert answer.status_code == 303, answer.text
    location: str = answer.headers["location"]
    assert location.startswith(f"{ORIGIN}/"), location
    return location.removeprefix(ORIGIN)


def refusal(answer: httpx2.Response) -> str:
    """The code with which the browser is sent to the sign-in page; it must not be signed in."""
    path = landed(answer)
    assert path.startswith("/login?"), path
    assert "rc_session" not in answer.cookies
    return parse_qs(urlsplit(path).query)["error"][0]


@pytest.fixture(autouse=True)
def _no_keys_remembered() -> None:
    keys._known.clear()


@pytest.fixture
def browser(app: FastAPI, session: Session) -> Callable[[], Browser]:
    return lambda: Browser(TestClient(app, base_url=ORIGIN, follow_redirects=False))


@pytest.fixture(scope="module")
def idp() -> Iterator[IdentityProvider]:
    with identity_provider.running([addresses.callback_url(name) for name in PROVIDERS]) as running:
        yield running


@pytest.fixture(scope="module")
def google() -> Iterator[IdentityProvider]:
    with identity_provider.running([addresses.callback_url("google")], google=True) as running:
        yield running


@pytest.fixture
def rogue() -> Iterator[Rogue]:
    with identity_provider_rogue.running() as running:
        yield running


@pytest.fixture
def github() -> Iterator[GitHub]:
    with github_double.running() as running:
        yield running


@pytest.fixture
def workos() -> Iterator[WorkOs]:
    with workos_double.running() as running:
        yield running


@pytest.fixture
def loopback_allowed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CONTROLPLANE_OUTBOUND_ALLOWED_NETWORKS", "127.0.0.0/8")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def connected(
    issuer: str | None, provider: str = "corp", account_id: str | None = None, **options: Any
) -> SsoConnection:
    """A connection as the operators' call (or an account's) makes it."""
    usual = {"kind": "oidc", "name": "Corp Login", "client_id": "the-plane", "issuer": issuer, "provider": provider}
    new = NewProvider.model_validate(usual | options)
    asked = service.asked(new, tenants=account_id is not None)
    found = discovery.discover(asked)
    with transaction() as session:
        return service.create(session, None, account_id, new, asked.issuer, found)


def verified_domain(account_id: str, name: str = "corp.example", **options: Any) -> None:
    """The account has proven to own the domain."""
    usual = {"join_mode": "none", "join_role": "developer", "sso_required": False}
    with transaction() as session:
        session.add(
            Domain(
                domain_id=new_id("dom"),
                account_id=account_id,
                domain=name,
                challenge="proven",
                verified_at=clock.now(),
                created_by="test",
                created_at=clock.now(),
                **(usual | options),
            )
        )

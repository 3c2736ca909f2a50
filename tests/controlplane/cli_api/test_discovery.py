"""What the stock CLI is told about logging in, in each kind of installation."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.core import clock
from controlplane.settings import settings
from controlplane.sso_connections.models import SsoConnection


def test_without_tls_there_is_only_the_device_flow(client: TestClient) -> None:
    assert client.get("/.auth-config").json() == {"provider": "workos", "client_id": "restate-cli"}


def test_with_tls_one_document_serves_both_versions(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with_tls = settings().model_copy(update={"public_url": "https://cloud.example.com/"})
    monkeypatch.setattr("controlplane.cli_api.discovery.settings", lambda: with_tls)
    assert client.get("/.auth-config").json() == {
        "provider": "cognito",
        "client_id": "restate-cli",
        "login_base_url": "https://cloud.example.com",
    }


@pytest.mark.parametrize(
    ("kind", "enabled", "theirs"), [("workos", True, True), ("workos", False, False), ("oidc", True, False)]
)
def test_with_workos_the_cli_goes_there_itself(
    client: TestClient, session: Session, kind: str, enabled: bool, theirs: bool
) -> None:
    connection = SsoConnection(
        connection_id="sso_1", kind=kind, provider="work", name="Work", issuer="https://api.workos.com",
        client_id="client_123", endpoints={}, discovered_at=clock.now(), enabled=enabled, created_by="usr_1",
        created_at=clock.now(), assume_email_verified=False,
    )  # fmt: skip
    session.add(connection)
    session.flush()
    client_id = "client_123" if theirs else "restate-cli"
    assert client.get("/.auth-config").json() == {"provider": "workos", "client_id": client_id}

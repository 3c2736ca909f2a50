"""The protocol's endpoints as such: what they say of themselves, and bodies that are none."""

from __future__ import annotations

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from starlette.testclient import TestClient

from controlplane.app import create_app
from controlplane.settings import Settings, settings
from tests.controlplane.oauth.programs import error_of

ENDPOINTS = ["/oauth2/token", "/oauth2/device_authorization", "/oauth2/revoke"]


def test_the_metadata_is_valid(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with_tls = settings().model_copy(update={"public_url": "https://cloud.example.com"})
    monkeypatch.setattr("controlplane.oauth.metadata.settings", lambda: with_tls)
    document = client.get("/.well-known/oauth-authorization-server").json()
    AuthorizationServerMetadata(document).validate()
    assert document["issuer"] == "https://cloud.example.com"
    assert "refresh_token" not in document["grant_types_supported"]


def test_every_endpoint_it_names_exists(client: TestClient) -> None:
    document = client.get("/.well-known/oauth-authorization-server").json()
    for name in ("token_endpoint", "device_authorization_endpoint", "revocation_endpoint"):
        path = document[name].removeprefix(settings().console_url)
        assert error_of(client.post(path, data={"client_id": "unknown"})) in {
            (400, "invalid_client"),
            (400, "unsupported_grant_type"),
        }


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b'{"client_id": "restate-cli"}', "application/json"),
        (b"client_id=restate-cli", "text/plain"),
        (b"client_id=restate-cli&client_id=rcloud", "application/x-www-form-urlencoded"),
        (b"client_id=restate-cli&x=" + b"y" * 20_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=b" % number for number in range(40)), "application/x-www-form-urlencoded"),
        (b"client_id=%ff%fe", "application/x-www-form-urlencoded"),
        (b"client_id=\xff", "application/x-www-form-urlencoded"),
        (b"client_id=restate-cli&code=%00", "application/x-www-form-urlencoded"),
    ],
)
def test_bodies_that_are_no_form(client: TestClient, path: str, content: bytes, content_type: str) -> None:
    answer = client.post(path, content=content, headers={"content-type": content_type})
    assert error_of(answer) == (400, "invalid_request")


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_body_that_never_ends(client: TestClient, path: str) -> None:
    body = b"x" * (settings().request_body_limit_bytes + 1)
    answer = client.post(path, content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 413


def test_consent_cannot_be_framed(client: TestClient) -> None:
    answer = client.get("/device")
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_they_stand_beside_the_documented_api() -> None:
    assert isinstance(settings(), Settings)
    assert not set(ENDPOINTS) & set(create_app().openapi()["paths"])

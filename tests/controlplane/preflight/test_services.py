"""Real services of real SDKs, well or with another environment's key; and the call itself, as a tunnel sees it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import base58
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from controlplane.core.ids import label
from controlplane.environments import identity
from tests.controlplane.preflight.conftest import Trier
from tests.controlplane.preflight.servers import answering, hosted
from tests.support.services import Service, python, typescript

Make = Callable[[Path, list[str]], Service]
STEPS = ["uri", "dns", "policy", "tcp", "http_version", "identity", "discovery", "protocol_mode"]


@pytest.mark.parametrize(("make", "name"), [(typescript, "echo"), (python, "Greeter")])
def test_a_good_service_passes_every_check(tmp_path: Path, trier: Trier, make: Make, name: str) -> None:
    with make(tmp_path, [trier.key]) as service:
        found = trier(service.url)

    assert (found["failed"], list(found)[:-1]) == (None, [*STEPS, "streaming"])
    assert name in found["discovery"]
    assert "bidirectional" in found["protocol_mode"]


@pytest.mark.parametrize("make", [typescript, python])
def test_another_environments_key_is_named(tmp_path: Path, trier: Trier, make: Make) -> None:
    with make(tmp_path, [identity.generate().public]) as service:
        found = trier(service.url)

    assert found["failed"] == "identity"
    assert "does not accept this environment's key" in found["identity"]
    assert trier.key in found["identity"]


def test_the_call_is_the_engines_and_goes_through_the_tunnel(trier: Trier, configured: Callable[..., None]) -> None:
    calls: list[dict[str, Any]] = []
    manifest = answering()

    async def relay(scope: dict[str, Any], receive: Any, send: Any) -> None:
        calls.append(scope)
        await manifest(scope, receive, send)

    with hosted(relay) as port:
        configured(tunnel_proxy_port=port)
        found = trier("https://service.corp.example/base/?a=b", tunnelName="laptop")

    assert found["failed"] is None
    assert "policy" not in found
    called = next(scope for scope in calls if scope["type"] == "http")
    environment_id = trier.environment["environmentId"]
    assert called["path"] == f"/{label(environment_id)}/laptop/https/service.corp.example/443/base/discover"
    assert (called["query_string"], called["method"], called["http_version"]) == (b"a=b", "GET", "2")
    headers = {name.decode(): value.decode() for name, value in called["headers"]}
    assert headers["x-restate-signature-scheme"] == "v1"
    assert headers["accept"].startswith("application/vnd.restate.endpointmanifest.v1+json, ")
    raw = base58.b58decode(trier.key.removeprefix("publickeyv1_"))
    token = headers["x-restate-jwt-v1"]
    claims = jwt.decode(token, Ed25519PublicKey.from_public_bytes(raw), algorithms=["EdDSA"], audience="/discover")
    assert (claims["exp"] - claims["iat"], claims["iat"] - claims["nbf"]) == (60, 60)
    assert jwt.get_unverified_header(token)["kid"] == trier.key

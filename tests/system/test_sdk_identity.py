"""Only the environment whose public key a service holds may call it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx2
import jwt
import pytest

from tests.support import services
from tests.support.tenants import Caller, Environment
from tests.support.waiting import until
from tests.system.conftest import Examples

pytestmark = pytest.mark.system

MANIFEST = "application/vnd.restate.endpointmanifest.v3+json"
INVOCATION = "application/vnd.restate.invocation.v6"


@pytest.fixture(scope="module")
def stranger(environment: Callable[..., Environment]) -> Caller:
    """A full API key of another environment, whose engine signs with another key."""
    other = environment()
    return other.using(other.api_key())


def test_every_environment_signs_with_its_own_key(examples: Examples, stranger: Caller) -> None:
    keys = {examples.environment.signing_public_key, stranger.environment.signing_public_key}
    assert len(keys) == 2
    assert all(key.startswith("publickeyv1_") for key in keys)


def test_another_environment_is_refused_by_the_service(examples: Examples, stranger: Caller) -> None:
    for service in (examples.typescript, examples.python):
        refused = stranger.register(service.url)
        assert refused.status_code == 500, refused.text
        assert refused.json()["restate_code"] == "META0003"
        assert "401" in refused.json()["message"]
        assert service.url not in stranger.admin("GET", "/deployments").text


def test_another_environment_cannot_call_what_it_registered_while_the_service_was_open(
    stranger: Caller, examples: Examples, tmp_path: Path
) -> None:
    with services.typescript(tmp_path, []) as service:
        assert stranger.register(service.url).status_code == 201
        assert stranger.invoke("/echo/note", "open") == "open"
        service.stop()
        service.accept_only([examples.environment.signing_public_key]).start()
        invocation = stranger.send("/echo/note/send", "closed")
        # The first attempt may still go by a connection to the process that was there before.
        until(lambda: "401" in stranger.wait_for_failure(invocation))
        assert service.effects("closed") == []
        stranger.admin("PATCH", f"/invocations/{invocation}/kill")


def test_an_unsigned_caller_is_refused_by_the_service(examples: Examples) -> None:
    with httpx2.Client(http1=False, http2=True, timeout=30) as client:
        for service, handler in ((examples.typescript, "echo/note"), (examples.python, "Greeter/greet")):
            discovery = client.get(f"{service.url}/discover", headers={"accept": MANIFEST})
            assert discovery.status_code == 401
            headers = {"content-type": INVOCATION, "accept": INVOCATION}
            assert client.post(f"{service.url}/invoke/{handler}", headers=headers, content=b"").status_code == 401


def test_its_own_environment_passes(examples: Examples) -> None:
    assert examples.caller.invoke("/echo/note", "signed") == "signed"
    headers = examples.caller.invoke("/echo/headers")["sentByEngine"]
    assert headers["x-restate-signature-scheme"] == "v1"
    token = headers["x-restate-jwt-v1"]
    assert jwt.get_unverified_header(token)["kid"] == examples.environment.signing_public_key
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["aud"], claims["exp"] - claims["nbf"] <= 120) == ("/invoke/echo/headers", True)

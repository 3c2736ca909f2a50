"""What a service with an environment's public key takes for that environment's call, in both SDKs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import base58
import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support import services
from tests.support.services import Service

MANIFEST = "application/vnd.restate.endpointmanifest.v3+json"
OWN, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def public(key: Ed25519PrivateKey) -> str:
    return f"publickeyv1_{base58.b58encode(key.public_key().public_bytes_raw()).decode()}"


@pytest.fixture(scope="module", params=[services.typescript, services.python], ids=["typescript", "python"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made: Callable[[Path, list[str]], Service] = request.param
    with made(tmp_path_factory.mktemp("service"), [public(OWN)]) as running:
        yield running


def status(
    service: Service,
    key: Ed25519PrivateKey = OWN,
    begins: float = -60,
    ends: float = 60,
    headers: dict[str, str] | None = None,
) -> int:
    """Of a discovery call whose signature holds between these seconds from now; ``headers`` replace its own."""
    now = time.time()
    claims = {"aud": "/discover", "iat": int(now), "nbf": int(now + begins), "exp": int(now + ends)}
    token = jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": public(OWN)})
    sent = {"accept": MANIFEST, "x-restate-signature-scheme": "v1", "x-restate-jwt-v1": token, **(headers or {})}
    with httpx2.Client(http1=False, http2=True, timeout=30) as client:
        return client.get(f"{service.url}/discover", headers=sent).status_code


def test_a_call_that_its_environment_signs_is_taken(service: Service) -> None:
    assert status(service) == 200


def test_a_call_that_was_captured_is_worth_nothing_once_it_has_expired(service: Service) -> None:
    assert status(service, begins=-600, ends=-300) == 401


def test_nor_is_one_of_the_future_or_of_another_key(service: Service) -> None:
    assert status(service, begins=600, ends=900) == 401
    assert status(service, key=OTHER) == 401


def test_nor_one_that_says_it_needs_no_signature(service: Service) -> None:
    assert status(service, headers={"x-restate-signature-scheme": "unsigned"}) == 401
    forged = jwt.encode({"aud": "/discover", "exp": int(time.time()) + 60}, "", algorithm="none")
    assert status(service, headers={"x-restate-jwt-v1": forged}) == 401

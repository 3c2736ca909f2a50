"""Specs as the control plane would hand them out."""

from __future__ import annotations

from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from envrunner.wire import Desired, Spec

ENGINE_VERSION = "1.7.12"


@cache
def signing_key_pem() -> str:
    """One Ed25519 key in PKCS#8 PEM."""
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )  # fmt: skip


def spec(
    number: int = 1,
    generation: int = 1,
    desired: Desired = Desired.RUNNING,
    engine_version: str = ENGINE_VERSION,
    pem: str | None = None,
    ingress_url: str = "http://127.0.0.1:8100",
    *,
    gently: bool = False,
) -> Spec:
    """A spec of the environment of that number."""
    return Spec(
        environment_id=f"env_{number:027d}",
        generation=generation,
        desired=desired,
        gently=gently,
        engine_version=engine_version,
        signing_key_pem=None if desired is Desired.ABSENT else pem or signing_key_pem(),
        ingress_url=ingress_url,
        admin_url="http://127.0.0.1:8101",
        request_size_limit_bytes=33_554_432,
    )

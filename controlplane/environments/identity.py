"""The Ed25519 key with which an environment's engine signs its calls to services (Restate request identity v1)."""

from dataclasses import dataclass
from enum import StrEnum

import base58
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from controlplane.core import clock
from controlplane.core.crypto import seal, unseal
from controlplane.core.ids import new_id
from controlplane.environments.models import IdentityKey

PREFIX = "publickeyv1_"


class KeyState(StrEnum):
    """`NEXT` is made known to services, `CURRENT` signs, `PREVIOUS` can sign again; a `DESTROYED` one is a name."""

    NEXT = "next"
    CURRENT = "current"
    PREVIOUS = "previous"
    DESTROYED = "destroyed"


@dataclass(frozen=True)
class KeyPair:
    """`public` is `publickeyv1_` + Base58 of the 32 public bytes; `private_pem` one PKCS#8 PEM block (RFC 8410)."""

    public: str
    private_pem: bytes


def generate() -> KeyPair:
    key = Ed25519PrivateKey.generate()
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return KeyPair(PREFIX + base58.b58encode(raw).decode(), pem)


def new_key(environment_id: str, state: KeyState = KeyState.CURRENT) -> IdentityKey:
    """A fresh key of this environment, its private half sealed."""
    pair, now = generate(), clock.now()
    return IdentityKey(
        identity_key_id=new_id("idk"),
        environment_id=environment_id,
        public_key=pair.public,
        sealed_private_key=seal(pair.private_pem, environment_id),
        state=state,
        created_at=now,
        activated_at=now if state is KeyState.CURRENT else None,
    )


def destroy(key: IdentityKey) -> None:
    """Erase the private half for good."""
    key.sealed_private_key, key.state, key.destroyed_at = None, KeyState.DESTROYED, clock.now()


def private_pem(key: IdentityKey) -> str | None:
    """The private half in clear, for the runner's authenticated pull only; null once destroyed."""
    sealed = key.sealed_private_key
    return unseal(sealed, key.environment_id).decode() if sealed is not None else None

"""The Ed25519 keys that sign checkpoints (RFC 8032). A public key is shown as Base64 of its DER form (RFC 8410)."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

from controlplane.audit.canonical import canonical
from controlplane.audit.models import AuditKey
from controlplane.core import clock
from controlplane.core.crypto import SecretUnreadable, seal, unseal
from controlplane.core.ids import new_id


class NoPublicKey(ValueError):
    """The text is no Ed25519 public key."""


@dataclass(frozen=True)
class Signer:
    """One key of the plane, opened."""

    audit_key_id: str
    private: Ed25519PrivateKey

    @cached_property
    def public(self) -> Ed25519PublicKey:
        return self.private.public_key()

    def sign(self, content: Mapping[str, object]) -> bytes:
        """Of the canonical text; 64 bytes."""
        return self.private.sign(canonical(content))


def new_key() -> AuditKey:
    """A fresh key, its private half sealed."""
    private, identifier = Ed25519PrivateKey.generate(), new_id("auk")
    raw = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return AuditKey(
        audit_key_id=identifier,
        public_key=shown(private.public_key()),
        sealed_private_key=seal(raw, identifier),
        created_at=clock.now(),
    )


def opened(row: AuditKey) -> Signer | None:
    """Null where the row is none of this plane's: whoever writes to the database cannot seal with the master key."""
    try:
        signer = opening(row)
    except SecretUnreadable:
        return None
    return signer if shown(signer.public) == row.public_key else None


def opening(row: AuditKey) -> Signer:
    """Raises `SecretUnreadable`."""
    raw = unseal(row.sealed_private_key, row.audit_key_id)
    return Signer(row.audit_key_id, Ed25519PrivateKey.from_private_bytes(raw))


def shown(key: Ed25519PublicKey) -> str:
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def read(text: str) -> Ed25519PublicKey:
    """What `shown` wrote. Raises `NoPublicKey`."""
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except ValueError as error:
        raise NoPublicKey(text) from error
    if not isinstance(key, Ed25519PublicKey):
        raise NoPublicKey(text)
    return key


def is_signed(key: Ed25519PublicKey | None, content: Mapping[str, object], signature: bytes) -> bool:
    """False without a key."""
    if key is None:
        return False
    try:
        key.verify(signature, canonical(content))
    except InvalidSignature:
        return False
    return True

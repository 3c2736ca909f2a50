"""The identity key in the form that engines and SDKs read."""

import base58
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from controlplane.core.crypto import SecretUnreadable
from controlplane.environments import identity


def test_the_public_half_is_the_prefix_and_base58_of_the_raw_key() -> None:
    pair = identity.generate()
    raw = base58.b58decode(pair.public.removeprefix("publickeyv1_"))
    private = load_pem_private_key(pair.private_pem, password=None)
    assert isinstance(private, Ed25519PrivateKey)
    Ed25519PublicKey.from_public_bytes(raw).verify(private.sign(b"a call"), b"a call")


def test_the_private_half_is_stored_sealed_and_opens_for_its_environment_only() -> None:
    key = identity.new_key("env_one")
    assert key.sealed_private_key is not None
    assert b"PRIVATE KEY" not in key.sealed_private_key
    assert "BEGIN PRIVATE KEY" in (identity.private_pem(key) or "")
    key.environment_id = "env_two"
    with pytest.raises(SecretUnreadable):
        identity.private_pem(key)


def test_a_destroyed_key_has_no_private_half() -> None:
    key = identity.new_key("env_one")
    key.sealed_private_key = None
    assert identity.private_pem(key) is None

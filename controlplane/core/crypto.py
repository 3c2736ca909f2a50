"""Envelope encryption of what must be replayed (identity private keys).

Each secret has a data key of its own, wrapped by the master key; both layers are AES-256-GCM (NIST SP 800-38D)
and bound to a context (the row they belong to), so a ciphertext copied to another row does not open.
"""

import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from controlplane.core.secret_files import secret

_VERSION = b"\x01"
_NONCE, _WRAPPED = 12, 32 + 16


class SecretUnreadable(Exception):
    """The ciphertext, its context or the master key is not the one it was sealed with."""


def seal(plaintext: bytes, context: str) -> bytes:
    """Encrypt for `context` (for example the environment's identifier)."""
    data_key, aad = AESGCM.generate_key(256), context.encode()
    return _VERSION + _encrypt(_master_key(), data_key, aad) + _encrypt(data_key, plaintext, aad)


def unseal(ciphertext: bytes, context: str) -> bytes:
    """Decrypt what `seal` made for the same context. Raises `SecretUnreadable`."""
    aad, body = context.encode(), ciphertext[1:]
    cut = _NONCE + _WRAPPED
    try:
        return _decrypt(_decrypt(_master_key(), body[:cut], aad), body[cut:], aad)
    except (InvalidTag, ValueError) as error:
        raise SecretUnreadable(context) from error


def _encrypt(key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, aad)


def _decrypt(key: bytes, ciphertext: bytes, aad: bytes) -> bytes:
    return AESGCM(key).decrypt(ciphertext[:_NONCE], ciphertext[_NONCE:], aad)


@lru_cache
def _master_key() -> bytes:
    return secret("master.key")

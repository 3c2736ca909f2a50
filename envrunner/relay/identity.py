"""Whether a call was signed by the engine of the environment it names (request identity, scheme v1)."""

from __future__ import annotations

import time
from collections.abc import Callable

import base58
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt.types import Options

_PREFIX = "publickeyv1_"
_MOST_REMEMBERED = 10_000
_LONGEST_TOKEN = 8 * 1024
# The token's audience is the path the service sees: the service compares it, the path here is a longer one.
_OPTIONS: Options = {"require": ["exp", "nbf"], "verify_aud": False, "verify_iat": False}


def public_key(text: object) -> Ed25519PublicKey | None:
    """From ``publickeyv1_`` + base58; None for anything else."""
    if not isinstance(text, str) or not text.startswith(_PREFIX):
        return None
    try:
        return Ed25519PublicKey.from_public_bytes(base58.b58decode(text.removeprefix(_PREFIX)))
    except ValueError:
        return None


class Identity:
    """An engine signs calls of one path once a second: what was found valid stays so until it expires.

    ``keys_of`` gives one and the same tuple until the environment's keys change; then it is verified anew.
    """

    def __init__(self, keys_of: Callable[[str], tuple[Ed25519PublicKey, ...]]) -> None:
        self._keys_of = keys_of
        self._valid: dict[tuple[str, str], tuple[int, tuple[Ed25519PublicKey, ...]]] = {}

    def is_proven(self, label: str, scheme: str | None, token: str | None) -> bool:
        """Whether ``token`` is a request identity of this environment's engine, valid now."""
        if scheme != "v1" or not token or len(token) > _LONGEST_TOKEN:
            return False
        keys = self._keys_of(label)
        expires_at, verified_by = self._valid.get((label, token), (0, ()))
        if verified_by is not keys:
            expires_at = self._check(label, token, keys)
        return expires_at > time.time()

    def _check(self, label: str, token: str, keys: tuple[Ed25519PublicKey, ...]) -> int:
        """When it expires; 0 when it is not valid."""
        for key in keys:
            try:
                claims = jwt.decode(token, key, algorithms=["EdDSA"], options=_OPTIONS)
            except jwt.InvalidTokenError:
                continue
            if len(self._valid) >= _MOST_REMEMBERED:
                self._valid.clear()
            self._valid[label, token] = int(claims["exp"]), keys
            return int(claims["exp"])
        return 0

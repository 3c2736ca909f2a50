"""Bearer tokens: made here, shown once, compared only by keyed digest.

An API key reads `key_<id>.<secret>`; the secret is Base58Check (32 random bytes and a checksum), so a typo is known
from a wrong key. A person's access token is a JWT (RFC 7519), because the stock CLI reads its `exp`.
"""

import hmac
import secrets
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

import base58
import jwt

from controlplane.core import clock
from controlplane.core.secret_files import encode, secret


def digest(token: str) -> str:
    """What is stored and looked up: SHA-256 of the digest key's text and the token, base64url without padding."""
    return encode(sha256((encode(digest_key()) + token).encode()).digest())


@lru_cache
def digest_key() -> bytes:
    return secret("digest.key")


def new_secret() -> str:
    """32 random bytes with a checksum, letters and digits only."""
    return base58.b58encode_check(secrets.token_bytes(32)).decode()


def new_api_key(key_id: str) -> str:
    """The full text of an API key, for the one response that shows it."""
    return f"{key_id}.{new_secret()}"


def new_access_token(user_id: str, token_id: str, expires_at: datetime, issuer: str) -> str:
    """A signed JWT with `sub`, `jti`, `iat`, `exp`, `iss`; valid only while its row is."""
    claims = {"sub": user_id, "jti": token_id, "iat": clock.now(), "exp": expires_at, "iss": issuer}
    return jwt.encode(claims, _signing_key(), algorithm="HS256", headers={"typ": "at+jwt"})


def same(left: str, right: str) -> bool:
    """Constant-time comparison."""
    return hmac.compare_digest(left.encode(), right.encode())


@lru_cache
def _signing_key() -> bytes:
    return secret("token.key")

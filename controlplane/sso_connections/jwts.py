"""Checking tokens that providers signed (RFC 7519, RFC 8725)."""

import json
import math
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError

from controlplane.core import clock
from controlplane.core.outbound import SECONDS
from controlplane.core.secret_files import decode
from controlplane.sso_connections import keys

# Asymmetric ones only: `none` proves nothing, and HS256 would take a public key for a shared secret.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
LEEWAY_SECONDS = 60


class TokenRefused(Exception):
    """The token is not one of this provider, for us, now; the text is for the log."""


def verified(token: str, jwks_uri: str, *, tenants: bool, patience_seconds: float = SECONDS) -> dict[str, Any]:
    """The claims of a token with a good signature and times. Raises `TokenRefused`."""
    header = _header(token)
    if header.get("alg") not in ALGORITHMS:
        raise TokenRefused(f"algorithm {header.get('alg')!r} is not allowed")
    kid = header.get("kid")
    key = keys.key(jwks_uri, kid if isinstance(kid, str) else None, tenants=tenants, patience_seconds=patience_seconds)
    if key is None:
        raise TokenRefused("signed with a key the provider does not publish")
    try:
        claims = jwt.decode(token, key, algorithms=[header["alg"]]).claims
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRefused(f"not verified: {type(error).__name__}") from error
    _check_times(claims)
    return claims


def unverified_issuer(token: str) -> str | None:
    """What a token says of its issuer, to choose by whose keys to check it; null for what is no such token."""
    parts = token.split(".")
    try:
        claims = json.loads(decode(parts[1])) if len(parts) == 3 else None
    except (ValueError, RecursionError):
        return None
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    return issuer if isinstance(issuer, str) else None


def check_issuer(claims: dict[str, Any], issuer: str) -> None:
    """Raises `TokenRefused`."""
    if claims.get("iss") != issuer:
        raise TokenRefused("issued by somebody else")


def check_audience(claims: dict[str, Any], client_id: str) -> None:
    """`aud` names us, and `azp` nobody else (OpenID Connect Core §3.1.3.7). Raises `TokenRefused`."""
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if client_id not in named:
        raise TokenRefused("for somebody else (aud)")
    if claims.get("azp", client_id if len(named) == 1 else None) != client_id:
        raise TokenRefused("for somebody else (azp)")


def subject(claims: dict[str, Any]) -> str:
    """Raises `TokenRefused`."""
    found = claims.get("sub")
    if not isinstance(found, str) or not 1 <= len(found) <= 255 or not found.isprintable():
        raise TokenRefused("has no subject")
    return found


def _header(token: str) -> dict[str, Any]:
    try:
        return dict(json.loads(decode(token.partition(".")[0])))
    except (ValueError, TypeError, RecursionError) as error:
        raise TokenRefused("not a JWT") from error


def _check_times(claims: dict[str, Any]) -> None:
    now = clock.now().timestamp()
    if _seconds(claims.get("exp")) <= now - LEEWAY_SECONDS:
        raise TokenRefused("expired")
    if _seconds(claims.get("iat")) > now + LEEWAY_SECONDS:
        raise TokenRefused("issued in the future")
    if _seconds(claims.get("nbf", now)) > now + LEEWAY_SECONDS:
        raise TokenRefused("not valid yet")


def _seconds(value: object) -> float:
    """Raises `TokenRefused` for what is no time."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise TokenRefused("has no time where one belongs")
    return value

"""Tokens that others' platforms have signed (RFC 7519): read strictly, judged by their times, then by their signature.

Nothing in a token says where its key is: `jwk`, `jku`, `x5u` and `x5c` of its header are ignored (RFC 8725 §3.10).
"""

import base64
import json
import math
import re
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key

from controlplane.core import clock
from controlplane.sso_connections.jwts import ALGORITHMS, LEEWAY_SECONDS
from controlplane.workload_identity.errors import AssertionRefused

MAX_CHARACTERS = 8192
MAX_AGE_SECONDS = 3600
_PART = re.compile(r"[A-Za-z0-9_-]+")
_FRESH = "Ask your platform for a new one right before the exchange."


@dataclass(frozen=True)
class Assertion:
    """`signed` is what the signature is over; the signature itself can be written in several ways."""

    text: str
    signed: str
    header: dict[str, Any]
    claims: dict[str, Any]

    @property
    def issuer(self) -> str:
        issuer: str = self.claims["iss"]
        return issuer

    @property
    def expires_at(self) -> float:
        """Unix seconds."""
        return float(self.claims["exp"])


def read(text: str) -> Assertion:
    """A token that is one by its form and its times; nobody has signed it yet. Raises `AssertionRefused`."""
    if len(text) > MAX_CHARACTERS:
        raise AssertionRefused(f"'subject_token' is longer than {MAX_CHARACTERS} characters.")
    parts = text.split(".")
    if len(parts) != 3 or not all(_PART.fullmatch(part) for part in parts):
        raise AssertionRefused("'subject_token' is no signed JWT: three parts of base64url with dots between them.")
    header, claims = _object(parts[0]), _object(parts[1])
    _check_header(header)
    if not isinstance(claims.get("iss"), str):
        raise AssertionRefused("'subject_token' has no claim 'iss'.")
    _check_times(claims)
    return Assertion(text, ".".join(parts[:2]), header, claims)


def is_signed(assertion: Assertion, key: Key) -> bool:
    """Whether the holder of `key` has signed it, by the algorithm it names."""
    algorithm: str = assertion.header["alg"]
    # A key that is published for one algorithm is not used for another (RFC 8725 §3.1).
    if (key.as_dict(private=False).get("alg") or algorithm) != algorithm:
        return False
    try:
        jws.deserialize_compact(assertion.text, key, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError):
        return False
    return True


def is_for(assertion: Assertion, audience: str) -> bool:
    """Whether it was made for `audience` and for nobody else, who could use it as well."""
    named = assertion.claims.get("aud")
    return named == audience or named == [audience]


def _check_header(header: dict[str, Any]) -> None:
    # `none` proves nothing, and HS256 would take a public key for a shared secret.
    if header.get("alg") not in ALGORITHMS:
        allowed = ", ".join(ALGORITHMS)
        raise AssertionRefused(f"'subject_token' is signed by an algorithm that is not taken; these are: {allowed}.")
    # RFC 7515 §4.1.11: what must be understood and is not; RFC 8725 §3.11: what was made to be something else.
    if "crit" in header or str(header.get("typ", "JWT")).upper() != "JWT":
        raise AssertionRefused("'subject_token' is not a plain JWT: its header has 'crit', or a 'typ' that is not JWT.")


def _check_times(claims: dict[str, Any]) -> None:
    now = clock.now().timestamp()
    issued, expires = _seconds(claims, "iat"), _seconds(claims, "exp")
    if expires <= now - LEEWAY_SECONDS:
        raise AssertionRefused(f"'subject_token' has expired. {_FRESH}")
    begins = max(issued, _seconds(claims, "nbf") if "nbf" in claims else issued)
    if begins > now + LEEWAY_SECONDS:
        raise AssertionRefused("'subject_token' is not valid yet. Are both clocks right?")
    if issued <= now - MAX_AGE_SECONDS - LEEWAY_SECONDS:
        raise AssertionRefused(f"'subject_token' is more than {MAX_AGE_SECONDS // 60} minutes old. {_FRESH}")


def _seconds(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    # Compared first: what is too great for a float would be an error of its own.
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > 2**40 or math.isnan(value):
        raise AssertionRefused(f"'subject_token' has no claim {name!r} that is a time: seconds since 1970 (RFC 7519).")
    return value


def _object(part: str) -> dict[str, Any]:
    try:
        text = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()
        found = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise AssertionRefused("'subject_token' holds something that is no JSON, or a member twice.") from error
    if not isinstance(found, dict):
        raise AssertionRefused("'subject_token' holds something that is no JSON object.")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a member that occurs twice one reader takes the first, another the last (RFC 7519 §4)."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a member twice")
    return found

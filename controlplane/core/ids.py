"""Identifiers: a prefix and 27 characters of Crockford base32, sortable by time of creation.

48 bits of Unix milliseconds followed by 87 random bits. An environment's 27 characters are also its host label,
so they are lower case and start with a digit or letter as RFC 1123 §2.1 asks.
"""

import secrets
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 27
_RANDOM_BITS = LENGTH * 5 - 48


def new_id(prefix: str) -> str:
    """A fresh identifier, for example `env_01k9…` (prefix, underscore, 27 characters)."""
    number = (time.time_ns() // 1_000_000 << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    return f"{prefix}_{_encode(number)}"


def label(identifier: str) -> str:
    """The part behind the prefix; of an environment, its host label."""
    return identifier.partition("_")[2]


def _encode(number: int) -> str:
    return "".join(ALPHABET[number >> shift & 31] for shift in range((LENGTH - 1) * 5, -1, -5))

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
    return id_of(prefix, time.time_ns() // 1_000_000, secrets.randbits(_RANDOM_BITS))


def id_of(prefix: str, milliseconds: int, number: int) -> str:
    """The identifier of something that was numbered elsewhere, at this Unix time: the same for the same."""
    return f"{prefix}_{_encode(milliseconds << _RANDOM_BITS | number & (1 << _RANDOM_BITS) - 1)}"


def label(identifier: str) -> str:
    """The part behind the prefix; of an environment, its host label."""
    return identifier.partition("_")[2]


def _encode(number: int) -> str:
    return "".join(ALPHABET[number >> shift & 31] for shift in range((LENGTH - 1) * 5, -1, -5))

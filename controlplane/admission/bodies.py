"""The body of a call, read so that nobody can read it otherwise."""

import json
from typing import Any

MOST_CHARACTERS = 1_000_000


class Refused(Exception):
    """The text is a sentence for whoever made the call."""


def parsed(body: str, known: frozenset[str]) -> dict[str, Any]:
    """One JSON object with these fields only: another field could name an address, too. Raises `Refused`."""
    try:
        found = json.loads(body, object_pairs_hook=_once) if len(body) <= MOST_CHARACTERS else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Refused("The body must be one JSON object, with each name once.")
    strange = sorted(set(found) - known)
    if strange:
        raise Refused(f"This plane does not know the field {strange[0][:50]!r}. Leave it out.")
    return found


def texts(found: object, what: str) -> dict[str, str]:
    """An object of texts. Raises `Refused`."""
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise Refused(f"{what} is an object of texts.")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found

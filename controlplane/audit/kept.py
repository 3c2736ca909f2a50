"""Checkpoints that somebody has kept elsewhere: lines of an export, or of the plane's log, in one file."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from controlplane.audit import keys
from controlplane.audit.examining import Mark

_SIGNED = ("accountId", "at", "hash", "keyId", "sequence", "type")
Kept = dict[str | None, list[Mark]]


class NoCheckpoints(ValueError):
    """There is none in the file."""


def read(lines: Iterable[str], trusted: Iterable[Ed25519PublicKey]) -> Kept:
    """By account, in order. Other lines are passed over; a checkpoint that none of `trusted` has signed is a finding.

    Raises `NoCheckpoints`.
    """
    trusted, found = list(trusted), Kept()
    for line in filter(None, map(_parsed, lines)):
        found.setdefault(line["accountId"], []).append(_mark(line, trusted))
    if not found:
        raise NoCheckpoints(
            "There is no checkpoint in it: keep lines of type checkpoint, or audit_checkpoint of the log."
        )
    return {account_id: sorted(marks, key=lambda mark: mark.sequence) for account_id, marks in found.items()}


def _parsed(text: str) -> dict[str, Any] | None:
    # The log of a supervisor may have put something before the object.
    try:
        line = json.loads(text[max(text.find("{"), 0) :])
    except ValueError:
        return None
    if not isinstance(line, dict) or line.get("type") != "checkpoint" or not {*_SIGNED, "signature"} <= line.keys():
        return None
    return line if isinstance(line["sequence"], int) and isinstance(line["accountId"], str | None) else None


def _mark(line: Mapping[str, Any], trusted: list[Ed25519PublicKey]) -> Mark:
    content = {name: line[name] for name in _SIGNED}
    try:
        signature = base64.b64decode(str(line["signature"]), validate=True)
    except binascii.Error:
        signature = b""
    signed = any(keys.is_signed(key, content, signature) for key in trusted)
    return Mark(line["sequence"], str(line["hash"]), str(line["at"]), signed)

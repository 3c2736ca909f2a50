"""The one text of a row that is hashed: its document as exported, without `hash`, by RFC 8785 (JCS).

Numbers are integers that every reader of JSON holds exactly, and names are ASCII: for such documents JCS is what
`json` writes with sorted names and without blanks, so any implementation of the RFC gives the same bytes.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

PLANE = "plane"
"""The chain of rows that belong to no account."""
START = bytes(32)
"""What the first row of a chain has for the hash of the row before it."""
_MOST = 2**53 - 1
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode
_Document = Mapping[str, Any]


class Row(Protocol):
    """The columns of an audit event."""

    @property
    def audit_event_id(self) -> str: ...
    @property
    def account_id(self) -> str | None: ...
    @property
    def actor(self) -> str: ...
    @property
    def credential(self) -> str | None: ...
    @property
    def action(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def address(self) -> str | None: ...
    @property
    def user_agent(self) -> str | None: ...
    @property
    def request_id(self) -> str | None: ...
    @property
    def result(self) -> str: ...
    @property
    def details(self) -> dict[str, Any]: ...
    @property
    def at(self) -> datetime: ...
    @property
    def sequence(self) -> int | None: ...
    @property
    def previous_hash(self) -> bytes | None: ...
    @property
    def hash(self) -> bytes | None: ...


def chain_of(account_id: str | None) -> str:
    return account_id or PLANE


def document(row: Row) -> dict[str, Any]:
    """What an export has of a row, except for `hash`."""
    return {
        "accountId": row.account_id,
        "action": row.action,
        "actor": row.actor,
        "address": row.address,
        "at": instant(row.at),
        "auditEventId": row.audit_event_id,
        "credential": row.credential,
        "details": row.details,
        "previousHash": row.previous_hash.hex() if row.previous_hash is not None else None,
        "requestId": row.request_id,
        "result": row.result,
        "sequence": row.sequence,
        "target": row.target,
        "type": "event",
        "userAgent": row.user_agent,
    }


def instant(at: datetime) -> str:
    """To the microsecond, as the database keeps it."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def canonical(content: _Document) -> bytes:
    """RFC 8785 for documents that `check` lets pass."""
    return _encode(content).encode()


def digest(content: _Document) -> bytes:
    """SHA-256 of the canonical text."""
    return hashlib.sha256(canonical(content)).digest()


def check(value: object) -> None:
    """Raises `TypeError` for what two writers of JSON might write in two ways."""
    inner: Iterable[object] = ()
    if isinstance(value, dict):
        if not all(isinstance(name, str) and name.isascii() for name in value):
            raise TypeError(f"Names are ASCII: {sorted(map(str, value))}.")
        inner = value.values()
    elif isinstance(value, list | tuple):
        inner = value
    elif isinstance(value, int) and abs(value) > _MOST:
        raise TypeError(f"{value} is no number that every reader of JSON holds exactly.")
    elif value is not None and not isinstance(value, int | str):
        raise TypeError(f"{type(value).__name__} has no single form in JSON.")
    for one in inner:
        check(one)

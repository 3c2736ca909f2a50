"""Verifying an export: no database, no plane, only the file and a public key."""

import base64
import binascii
import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from controlplane.audit import keys
from controlplane.audit.canonical import START
from controlplane.audit.examining import Entry, Finding, Mark, Problem, Walk
from controlplane.audit.verification import Verdict


class NoExport(ValueError):
    """The file is no export; the text says where it stops being one."""


@dataclass
class _File:
    """Reads lines; `walk` learns of checkpoints as they come."""

    lines: Iterator[tuple[int, dict[str, Any]]]
    walk: Walk
    account_id: str | None
    trusted: Sequence[Ed25519PublicKey]
    following: bool
    end: Mark | None = None

    def entries(self) -> Iterator[Entry]:
        for number, line in self.lines:
            kind = line.get("type")
            if kind == "event":
                claimed = line.pop("hash", None)
                yield self._placed(Entry(line, claimed))
            elif kind == "checkpoint":
                self.walk.marks.append(_mark(line, self.trusted))
            elif kind == "end":
                self.end = Mark(_number(line), str(line.get("hash")))
            else:
                raise NoExport(f"Line {number} is neither an event nor a checkpoint.")

    def _placed(self, entry: Entry) -> Entry:
        """The first row of a part of a chain says itself what it follows."""
        if entry.document.get("accountId") != self.account_id:
            raise NoExport(f"Event {entry.audit_event_id} is of another account than the file.")
        if self.following and isinstance(previous := entry.document.get("previousHash"), str):
            self.walk.hash = previous
        self.following = False
        return entry


def verify(lines: Iterable[str], pinned: Sequence[Ed25519PublicKey] = ()) -> Verdict:
    """An export of `exporting.lines`, held against the keys in `pinned`, one of which must have signed something in it;
    if there are none, against those that the file names.

    Raises `NoExport`, `NoPublicKey`.
    """
    read = _parsed(lines)
    _, first = next(read, (0, {}))
    if first.get("type") != "export" or first.get("version") != 1:
        raise NoExport("Its first line does not say that it is an export of version 1.")
    after = _number(first, "after")
    walk = Walk(deque(), after, START.hex(), signed_to=after, head=lambda: file.end)
    trusted = pinned or [keys.read(str(key.get("publicKey"))) for key in first.get("keys", ())]
    file = _File(read, walk, first.get("accountId"), trusted, after > 0)
    finding = walk.take(file.entries())
    finding = finding or walk.end() or _unended(file) or (_unvouched(walk, after) if pinned else None)
    last = bytes.fromhex(walk.hash)
    return Verdict(file.account_id, walk.rows, walk.signed, walk.sequence, last, finding, walk.signed_to)


def _unvouched(walk: Walk, after: int) -> Finding | None:
    """Who holds a file against a key wants to know whether the plane wrote it: hashes alone anybody can calculate."""
    if walk.signed or not walk.rows:
        return None
    message = "No checkpoint is in the file, so nothing in it is signed with the given key: export again once one is."
    return Finding(Problem.UNSIGNED, after + 1, None, message)


def _unended(file: _File) -> Finding | None:
    if file.end is not None:
        return None
    return Finding(Problem.TRUNCATED, file.walk.sequence + 1, None, "The file has no last line: it was cut off.")


def _parsed(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, text in enumerate(lines, 1):
        try:
            line = json.loads(text)
        except ValueError as error:
            raise NoExport(f"Line {number} is not JSON: {error}.") from error
        if not isinstance(line, dict):
            raise NoExport(f"Line {number} is no object.")
        yield number, line


def _mark(line: dict[str, Any], trusted: Sequence[Ed25519PublicKey]) -> Mark:
    try:
        signature = base64.b64decode(str(line.pop("signature", "")), validate=True)
    except binascii.Error:
        signature = b""
    signed = any(keys.is_signed(key, line, signature) for key in trusted)
    return Mark(_number(line), str(line.get("hash")), str(line.get("at")), signed)


def _number(line: dict[str, Any], name: str = "sequence") -> int:
    number = line.get(name)
    if not isinstance(number, int) or number < 0:
        raise NoExport(f"{name} is no number in a line of type {line.get('type')}.")
    return number

"""Verifies an export of audit events on this machine: what the plane says of itself is not taken for it.

Written apart from the plane's own verifier (docs/audit.md has the format), so that each checks the other.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rcloud.errors import Failure
from rcloud.lazy import lazy

if TYPE_CHECKING:
    from cryptography import exceptions
    from cryptography.hazmat.primitives import serialization
else:
    exceptions = lazy("cryptography.exceptions")
    serialization = lazy("cryptography.hazmat.primitives.serialization")

_ADVICE = "Keep this file, and ask the plane's operator to run `controlplane audit verify`."
Line = dict[str, Any]


class Broken(Failure):
    """The chain is not what was sealed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, _ADVICE)


@dataclass
class Chain:
    """Goes along the lines of an export; `rows` fitted so far, `signed` checkpoints of the plane's among them."""

    keys: Sequence[str] = ()
    account_id: str | None = None
    sequence: int = 0
    hash: str = "0" * 64
    rows: int = 0
    signed: int = 0
    signed_to: int = 0
    ended: bool = False
    _began: bool = False
    _pinned: bool = False
    _marks: dict[int, str] = field(default_factory=dict)

    def take(self, text: str) -> None:
        """One line. Raises `Broken`, naming the first row that does not fit."""
        line = _parsed(text)
        kind = line.get("type")
        if not self._began:
            self._begin(line)
        elif kind == "event":
            self._event(line)
        elif kind == "checkpoint":
            self._checkpoint(line)
        elif kind == "end":
            self._end(line)
        else:
            raise Broken(f"A line of type {kind} does not belong into an export.")

    def take_all(self, lines: Iterable[str]) -> None:
        """Every line, to the end. Raises `Broken`."""
        for line in lines:
            self.take(line)
        if not self.ended:
            raise Broken(f"The file was cut off behind row {self.sequence}.")
        if self._pinned and self.rows and not self.signed:
            raise Broken(
                "No checkpoint is among the rows, so nothing is signed with the given key: export again later."
            )

    def _begin(self, line: Line) -> None:
        if line.get("type") != "export" or line.get("version") != 1:
            raise Broken("This is no export of audit events of version 1.")
        self._began, self.account_id, self.sequence = True, line.get("accountId"), int(line.get("after") or 0)
        self._pinned, self.signed_to = bool(self.keys), self.sequence
        self.keys = self.keys or [str(key.get("publicKey")) for key in line.get("keys") or ()]
        if self.sequence:
            self.hash = ""

    def _event(self, line: Line) -> None:
        claimed, wanted = line.pop("hash", None), self.sequence + 1
        name = f"row {wanted} ({line.get('auditEventId')})"
        if line.get("sequence") != wanted:
            raise Broken(f"Where row {wanted} should be stands row {line.get('sequence')}.")
        if line.get("accountId") != self.account_id or hashlib.sha256(_canonical(line)).hexdigest() != claimed:
            raise Broken(f"The content of {name} is not what was sealed.")
        if self.hash and line.get("previousHash") != self.hash:
            raise Broken(f"Before {name} was another row when it was sealed.")
        self.sequence, self.hash, self.rows = wanted, str(claimed), self.rows + 1
        if self._marks.pop(wanted, self.hash) != self.hash:
            raise Broken(f"The rows up to {name} are not what was signed.")

    def _checkpoint(self, line: Line) -> None:
        signature = str(line.pop("signature", ""))
        if not any(_is_signed(key, signature, line) for key in self.keys):
            raise Broken(f"The checkpoint at row {line.get('sequence')} is not signed with the plane's key.")
        place = int(line["sequence"])
        if place <= self.sequence:
            raise Broken(f"The checkpoint at row {place} does not stand before that row, so it vouches for nothing.")
        self._marks[place] = str(line["hash"])
        self.signed, self.signed_to = self.signed + 1, place

    def _end(self, line: Line) -> None:
        if self._marks or line.get("sequence") != self.sequence or self.hash not in ("", line.get("hash")):
            raise Broken(f"Rows behind row {self.sequence} are missing: there were {line.get('sequence')}.")
        self.ended = True


def _parsed(text: str) -> Line:
    try:
        line = json.loads(text)
    except ValueError:
        line = None
    if not isinstance(line, dict):
        raise Broken("A line of the file is no JSON object.")
    return line


def _canonical(line: Mapping[str, object]) -> bytes:
    """RFC 8785, for documents of text and integers under ASCII names."""
    return json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(errors="surrogatepass")


def _is_signed(key: str, signature: str, line: Line) -> bool:
    try:
        public = serialization.load_der_public_key(base64.b64decode(key))
        public.verify(base64.b64decode(signature), _canonical(line))  # type: ignore[union-attr, call-arg]
    except (ValueError, TypeError, AttributeError, exceptions.InvalidSignature):
        return False
    return True

"""From a line of an engine's log to what its tenant may see. A tenant's services have a say in what engines log."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

# As the engine writes it (RESTATE_LOG_FORMAT=json); anything else is from before its logging started.
_ENGINE = re.compile(rb'\{"timestamp":"([0-9T:.-]{19,29}Z)","level":"([A-Z]{4,5})"')
_LEVELS = frozenset({"TRACE", "DEBUG", "INFO", "WARN", "ERROR"})
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL)
_STRANGE = "\N{REPLACEMENT CHARACTER}"
_NODE = "<node>"


@dataclass(frozen=True)
class Line:
    """One line to send; ``source`` is ``engine`` or ``edge``, or ``node`` for a remark of this node's."""

    sequence: int
    at: datetime
    level: str
    source: str
    line: str


@dataclass(frozen=True)
class Head:
    """When and how serious, and whether the line itself says so."""

    at: datetime
    level: str
    own: bool


def head(raw: bytes, now: datetime) -> Head:
    """From the line itself, never later than ``now``."""
    if found := _ENGINE.match(raw):
        level = found[2].decode()
        return Head(min(_time(found[1].decode()) or now, now), level if level in _LEVELS else "INFO", own=True)
    return Head(now, "ERROR" if raw[:5].lower() == b"error" else "INFO", own=False)


class Cleaner:
    """Makes text of bytes: printable, of bounded length, without this host's directories and without private keys."""

    def __init__(self, directories: Iterable[Path], most_bytes: int) -> None:
        paths = {str(path) for one in directories for path in (one, one.absolute(), one.resolve())}
        worth_hiding = sorted((path for path in paths if len(path) > len("/x") and path.startswith("/")), key=len)
        alternatives = "|".join(map(re.escape, reversed(worth_hiding)))
        self._directories = re.compile(f"(?:{alternatives})(?![\\w.-])" if alternatives else "(?!)")
        self._most_bytes = most_bytes

    def __call__(self, raw: bytes, length: int) -> str:
        """``raw`` is the beginning of a line of ``length`` bytes."""
        return self._cleaned(raw.decode(errors="replace"), length)

    def text(self, text: str) -> str:
        """The same of a whole text."""
        return self._cleaned(text, 0)

    def _cleaned(self, text: str, length: int) -> str:
        text = self._directories.sub(_NODE, text)
        if "PRIVATE KEY" in text:
            text = _PRIVATE_KEY.sub("<private key>", text)
        if not text.isprintable():
            text = "".join(map(_printable, text))
        encoded = text.encode()
        if length <= self._most_bytes and len(encoded) <= self._most_bytes:
            return text
        kept = encoded[: self._most_bytes].decode(errors="ignore")
        return f"{kept}… ({max(length, len(encoded)) - len(kept.encode())} bytes left out)"


def _printable(one: str) -> str:
    if one.isprintable() or one == "\t" or unicodedata.category(one) == "Zs":
        return one
    return _STRANGE


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None

"""Words of other people on this terminal, times and durations."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta

from rcloud.errors import Usage

# Bidirectional overrides and isolates: they show a text in another order than it has.
_REORDERING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_COLOURS = re.compile(r"\x1b\[[0-9;:]*m")
_DURATION = re.compile(r"(\d{1,6})(s|m|h|d|w)")
_LONGEST = timedelta(days=36_525)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def clean(text: str) -> str:
    """The text with everything escaped that a terminal would obey instead of show."""
    text = _COLOURS.sub("", text)
    return "".join(_escaped(c) if _obeyed(c) else c for c in text)


def duration(text: str) -> timedelta:
    """`90s`, `30m`, `12h`, `7d`, `2w`. Raises `Usage`."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise Usage(f"{text!r} is not a duration.", "Write a number and one of s, m, h, d, w, such as 30m or 7d.")
    length = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if length > _LONGEST:
        raise Usage(f"{text!r} is longer than a hundred years.", "Write a shorter time, such as 30m or 7d.")
    return length


def moment(text: str, now: datetime) -> str:
    """RFC 3339 of a time that is given as such, or as a duration before `now`. Raises `Usage`."""
    if _DURATION.fullmatch(text.strip()):
        return stamp(now - duration(text))
    try:
        return stamp(datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise Usage(f"{text!r} is not a time.", "Write 15m for 15 minutes ago, or 2026-01-31T12:00:00Z.") from error


def stamp(time: datetime) -> str:
    """RFC 3339 in UTC, as the API takes it."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def short_time(value: str | None) -> str:
    """A time of the API, to the minute in UTC; a dash for none."""
    if not value:
        return "–"
    try:
        return datetime.fromisoformat(value).astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")
    except ValueError:
        return value


def size(count: int) -> str:
    """Bytes, in units that keep it short: `512 B`, `1.5 KiB`, `20.0 MiB`."""
    if count < 1024:
        return f"{count} B"
    shown, units = float(count), iter(("KiB", "MiB", "GiB", "TiB"))
    unit = ""
    while shown >= 1024 and (following := next(units, None)):
        shown, unit = shown / 1024, following
    return f"{shown:.1f} {unit}"


def _obeyed(character: str) -> bool:
    if character in "\t\n":
        return False
    return unicodedata.category(character) in ("Cc", "Cs") or ord(character) in _REORDERING


def _escaped(character: str) -> str:
    return f"\\x{ord(character):02x}" if ord(character) < 0x100 else f"\\u{ord(character):04x}"

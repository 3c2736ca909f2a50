"""Change single keys of a TOML text and nothing else in it: comments, order, spacing and line ends stay.

tomlkit replaces values in place. A missing key goes right below its table's header, a missing table to the end, as
text. Every result is read back before it counts: it must hold exactly what was there plus what was asked for.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rcloud.errors import Failure
from rcloud.lazy import lazy

if TYPE_CHECKING:
    import tomlkit
else:
    tomlkit = lazy("tomlkit")

Path = tuple[str, ...]
Values = Mapping[str, str | None]
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class NotToml(Failure):
    """The text cannot be edited."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, "Repair it in an editor, or move it away; nothing was changed.")


def parsed(text: str) -> dict[str, Any]:
    """The content. Raises `NotToml` with line and column."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotToml(f"is not valid TOML: {error}") from error


def edited(text: str, table: Path, values: Values) -> str:
    """`text` with these keys of `table` set, or removed where the value is None. Raises `NotToml`."""
    wanted = _merged(parsed(text), table, values)
    for candidate in _candidates(text, table, values):
        if _reads_as(candidate, wanted):
            return candidate
    raise NotToml(f"is written in a way that [{'.'.join(table)}] cannot be changed without touching the rest")


def _candidates(text: str, table: Path, values: Values) -> Iterator[str]:
    """Ways to write it, those that disturb least first."""
    present = _table(parsed(text), table)
    kept = {key: value for key, value in values.items() if key in present}
    missing = {key: value for key, value in values.items() if key not in present and value is not None}
    replaced = _replaced(text, table, kept) if kept else text
    if not missing:
        yield replaced
        return
    yield from _below_header(replaced, table, missing)
    yield _at_the_end(replaced, table, missing)
    yield _replaced(text, table, values)


def _replaced(text: str, table: Path, values: Values) -> str:
    document: Any = tomlkit.parse(text)
    place = document
    for name in table:
        place = place.setdefault(name, tomlkit.table())
    for key, value in values.items():
        if value is not None:
            place[key] = value
        elif key in place:
            del place[key]
    return tomlkit.dumps(document)


def _below_header(text: str, table: Path, values: Values) -> Iterator[str]:
    """One candidate for each line that looks like the header: it may be part of a long string."""
    lines = _LINE.findall(text)
    for number, line in enumerate(lines):
        if line.lstrip().startswith("[") and _names(line, table):
            head = "".join(lines[: number + 1])
            yield _ended(head, text) + _written(values, _newline(text)) + "".join(lines[number + 1 :])


def _at_the_end(text: str, table: Path, values: Values) -> str:
    newline = _newline(text)
    header = ".".join(_key(name) for name in table)
    gap = newline if text.strip() else ""
    return f"{_ended(text, text)}{gap}[{header}]{newline}{_written(values, newline)}"


def _written(values: Values, newline: str) -> str:
    return "".join(f"{_key(key)} = {json.dumps(value)}{newline}" for key, value in values.items())


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("-", "a").replace("_", "a").isalnum()
    return name if bare else json.dumps(name)


def _ended(part: str, text: str) -> str:
    return part if not part or part.endswith("\n") else part + _newline(text)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _names(line: str, table: Path) -> bool:
    try:
        content = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return False
    expected: dict[str, Any] = {}
    for name in reversed(table):
        expected = {name: expected}
    return content == expected


def _table(content: Mapping[str, Any], table: Path) -> Mapping[str, Any]:
    for name in table:
        content = content.get(name, {})
        if not isinstance(content, dict):
            raise NotToml(f"has `{name}` where the table [{'.'.join(table)}] belongs")
    return content


def _merged(content: dict[str, Any], table: Path, values: Values) -> dict[str, Any]:
    """What the text must hold afterwards."""
    _table(content, table)
    wanted = dict(content)
    place = wanted
    for name in table:
        place[name] = dict(place.get(name, {}))
        place = place[name]
    for key, value in values.items():
        if value is None:
            place.pop(key, None)
        else:
            place[key] = value
    return wanted


def _reads_as(text: str, wanted: dict[str, Any]) -> bool:
    try:
        return _comparable(tomllib.loads(text)) == _comparable(wanted)
    except tomllib.TOMLDecodeError:
        return False


def _comparable(content: dict[str, Any]) -> str:
    # As text: nan equals itself there, and 1, 1.0 and true are three things.
    return json.dumps(content, sort_keys=True, default=repr)

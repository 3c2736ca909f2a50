"""The file: what should be there. Whatever it does not mention is none of its business."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from rcloud import additions, restrictions
from rcloud.additions import Additions
from rcloud.errors import Failure
from rcloud.roles import KeyRole, MemberRole
from rcloud.text import duration


@dataclass(frozen=True)
class Key:
    """`expires_in` as in `90d`; it counts from the key's creation. `restrictions` have the API's form."""

    description: str
    role: str
    expires_in: str | None
    restrictions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Environment:
    """`keys` and `outbound` are None where the file says nothing of them."""

    name: str
    region: str | None
    keys: tuple[Key, ...] | None
    outbound: Additions | None = None


@dataclass(frozen=True)
class Wanted:
    """`environments` and `members` (address → role) are None where the file says nothing of them."""

    account: str
    environments: tuple[Environment, ...] | None
    members: Mapping[str, str] | None


def read(path: Path) -> Wanted:
    """Raises `Failure` that names the place in the file."""
    try:
        content = tomllib.loads(path.read_text())
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}.", "Name a file that you may read.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Failure(f"{path} is not valid TOML: {error}.", "Nothing was changed.") from error
    try:
        return _wanted(content)
    except _Odd as odd:
        raise Failure(f"{path}: {odd}.", "Nothing was changed. The file is described in docs/rcloud.md.") from odd


class _Odd(Exception):
    """A place in the file, and what is wrong there."""


def _wanted(content: dict[str, Any]) -> Wanted:
    _only(content, "the file", {"account", "environments", "members"})
    environments, members = content.get("environments"), content.get("members")
    return Wanted(
        account=_text(content, "account", "the file"),
        environments=None if environments is None else tuple(_environments(environments)),
        members=None if members is None else _members(members),
    )


def _environments(content: object) -> list[Environment]:
    return [_environment(name, one) for name, one in _table(content, "environments").items()]


def _environment(name: str, content: object) -> Environment:
    place = f"environments.{name}"
    given = _table(content, place)
    _only(given, place, {"region", "keys", "outbound"})
    keys = given.get("keys")
    region = _text(given, "region", place) if "region" in given else None
    named = None if keys is None else _table(keys, f"{place}.keys")
    wanted_keys = None if named is None else tuple(_key(place, *one) for one in named.items())
    outbound = _outbound(given["outbound"], f"{place}.outbound") if "outbound" in given else None
    return Environment(name, region, wanted_keys, outbound)


def _outbound(content: object, place: str) -> Additions:
    given = _table(content, place)
    _only(given, place, {"allow"})
    places = given.get("allow")
    if not isinstance(places, list) or not all(isinstance(one, str) and one for one in places):
        raise _Odd(f"`allow` of {place} has to be a list of texts")
    return additions.parsed(places)


def _key(environment: str, description: str, content: object) -> Key:
    place = f'{environment}.keys."{description}"'
    given = _table(content, place)
    _only(given, place, {"role", "expires_in", "restrictions"})
    expires_in = _text(given, "expires_in", place) if "expires_in" in given else None
    if expires_in:
        duration(expires_in)
    restricted = _restrictions(given["restrictions"], f"{place}.restrictions") if "restrictions" in given else {}
    return Key(description, _role(given, "role", place, KeyRole), expires_in, restricted)


def _restrictions(content: object, place: str) -> Mapping[str, Any]:
    """Only their shape is judged here: what may stand in them the API says, in the words of all its callers."""
    given = _table(content, place)
    _only(given, place, set(restrictions.KINDS))
    if not given:
        raise _Odd(f"`{place}` restricts nothing; leave it out for a key that may all its role may")
    for name, value in given.items():
        if not restrictions.KINDS[name].fits(value):
            raise _Odd(f"`{name}` of {place} has to be {restrictions.KINDS[name].text}")
    return given


def _members(content: object) -> dict[str, str]:
    given = _table(content, "members")
    return {address.lower(): _role(given, address, "members", MemberRole) for address in given}


def _table(content: object, place: str) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise _Odd(f"`{place}` is not a table")
    return content


def _text(content: Mapping[str, Any], key: str, place: str) -> str:
    value = content.get(key)
    if not isinstance(value, str) or not value:
        raise _Odd(f"`{key}` of {place} has to be a text")
    return value


def _role(content: Mapping[str, Any], key: str, place: str, roles: type[StrEnum]) -> str:
    role = _text(content, key, place)
    if role not in set(roles):
        raise _Odd(f"`{key}` of {place} is {role!r}; it may be {', '.join(roles)}")
    return role


def _only(content: Mapping[str, Any], place: str, known: set[str]) -> None:
    if unknown := sorted(content.keys() - known):
        raise _Odd(f"{place} has no `{unknown[0]}`; it takes {', '.join(sorted(known))}")

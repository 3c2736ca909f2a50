"""The engine's executables on this node, by version."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

# The package itself, and further versions of it installed under npm aliases ("restate-server-…": "npm:@restatedev/…").
_PACKAGES = ("node_modules/@restatedev/restate-server-linux-x64", "node_modules/restate-server-*")


class UnknownEngineVersion(Exception):
    """This node has no executable of that version."""


@dataclass(frozen=True)
class Binary:
    """An executable and the version its package declares."""

    version: str
    path: Path


def available(directory: Path) -> list[Binary]:
    """The executables that npm has installed (and hash-checked) in ``directory``."""
    packages = (package for pattern in _PACKAGES for package in sorted(directory.glob(pattern)))
    return [one for one in map(_read, packages) if one]


def find(directory: Path, version: str) -> Binary:
    """The executable of exactly that version. Raises `UnknownEngineVersion`, naming those there are."""
    here = available(directory)
    for one in here:
        if one.version == version:
            return one
    names = ", ".join(one.version for one in here) or "none"
    raise UnknownEngineVersion(f"engine version {version} is not installed on this runner (available: {names})")


def _read(package: Path) -> Binary | None:
    try:
        version = str(json.loads((package / "package.json").read_text())["version"])
    except (OSError, ValueError, KeyError):
        return None
    path = package / "bin" / "restate-server"
    return Binary(version, path) if path.is_file() else None

"""The stock `restate` CLI's own configuration: where it is, whom it is logged in as, and its profiles.

Read by the CLI: `[global.cloud]` for every profile, `[NAME]` and `[NAME.cloud]` for one, and the one-line file
`environment` that names the profile in use.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from rcloud import files, toml_edit

LOGIN = ("global", "cloud")
# `global` is above all profiles and `default` below them; `local` is the one the CLI brings along.
RESERVED = ("global", "default", "local")


def directory() -> Path:
    """Where the CLI keeps its files."""
    named = os.environ.get("RESTATE_CLI_CONFIG_HOME")
    return Path(named) if named else Path.home() / ".config" / "restate"


def path() -> Path:
    """The configuration file."""
    named = os.environ.get("RESTATE_CLI_CONFIG")
    return Path(named) if named else directory() / "config.toml"


def login() -> tuple[str | None, str | None]:
    """`api_base_url` and `access_token` of `[global.cloud]`. Raises `Failure` for an unreadable file."""
    cloud = profile("global").get("cloud")
    values = cloud if isinstance(cloud, dict) else {}
    url, token = values.get("api_base_url"), values.get("access_token")
    return (url if isinstance(url, str) else None), (token if isinstance(token, str) else None)


def profile(name: str) -> dict[str, object]:
    """The top-level table of this name; empty when there is none."""
    content = _read(path()).get(name)
    return dict(content) if isinstance(content, dict) else {}


def write_login(url: str, token: str) -> None:
    """Log the CLI in; every other line stays as it is. Raises `Failure`."""
    _edit({LOGIN: {"api_base_url": url, "access_token": token}})


def forget_token() -> None:
    """Log the CLI out; the address stays. Raises `Failure`."""
    if path().exists():
        _edit({LOGIN: {"access_token": None}})


def write_profile(name: str, urls: Mapping[str, str], account_id: str, environment_id: str) -> None:
    """What `restate cloud env configure` writes. `urls`: `ingress_base_url` and `admin_base_url`. Raises `Failure`."""
    ids = {"account_id": account_id, "environment_id": environment_id}
    _edit({(name,): {"environment_type": "cloud", **urls}, (name, "cloud"): ids})


def use_profile(name: str) -> Path:
    """Make it the profile in use; the file that says so."""
    with files.writing(directory() / "environment") as real:
        files.replace(real, name)
    return directory() / "environment"


def _read(file: Path) -> dict[str, object]:
    text = files.read(file)
    try:
        return toml_edit.parsed(text)
    except toml_edit.NotToml as error:
        raise _about(file, error) from error


def _edit(changes: Mapping[tuple[str, ...], toml_edit.Values]) -> None:
    with files.writing(path()) as real:
        text = before = files.read(real)
        try:
            for table, values in changes.items():
                text = toml_edit.edited(text, table, values)
        except toml_edit.NotToml as error:
            raise _about(path(), error) from error
        if text != before or real.stat().st_mode & 0o077:
            files.replace(real, text)


def _about(file: Path, error: toml_edit.NotToml) -> toml_edit.NotToml:
    error.message = f"{file} {error.message}"
    return error

"""What rcloud remembers for itself: the default account of each plane, in `$XDG_CONFIG_HOME/rcloud/state.json`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from rcloud import files
from rcloud.errors import Failure


def path() -> Path:
    """The file. It holds no secret."""
    named = os.environ.get("XDG_CONFIG_HOME")
    # Relative paths there are to be ignored (XDG Base Directory Specification).
    base = Path(named) if named and Path(named).is_absolute() else Path.home() / ".config"
    return base / "rcloud" / "state.json"


def default_account(url: str) -> str | None:
    """The account id chosen with `rcloud accounts use` on this plane. Raises `Failure`."""
    accounts = _content(path()).get("defaultAccounts", {})
    chosen = accounts.get(url) if isinstance(accounts, dict) else None
    return chosen if isinstance(chosen, str) else None


def set_default_account(url: str, account_id: str | None) -> None:
    """Remember it, or forget it. Raises `Failure`."""
    with files.writing(path()) as real:
        content = _content(real)
        accounts = dict(content.get("defaultAccounts", {}))
        accounts.pop(url, None)
        if account_id:
            accounts[url] = account_id
        content["defaultAccounts"] = accounts
        files.replace(real, json.dumps(content, indent=2) + "\n")


def _content(file: Path) -> dict[str, Any]:
    text = files.read(file)
    try:
        content = json.loads(text) if text else {}
    except ValueError:
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("defaultAccounts", {}), dict):
        raise Failure(f"{file} is damaged.", "Delete it: it only remembers your default accounts.")
    return content

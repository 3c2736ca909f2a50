"""What a key may do less than its role: options of `keys create`, and how lists show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

Services = Annotated[
    list[str] | None, typer.Option("--service", help="only this service; `Tenant*`: names that begin so; repeatable")
]
Handlers = Annotated[
    list[str] | None,
    typer.Option("--handler", help="only `Service/handler`, or `Object/*/handler` where there is a key; repeatable"),
]
ObjectKeys = Annotated[
    list[str] | None,
    typer.Option("--object-key", help="only this key; `tenant-7-*`: keys that begin so; repeatable"),
]
Methods = Annotated[list[str] | None, typer.Option("--method", help="only this method; repeatable")]
Networks = Annotated[
    list[str] | None, typer.Option("--network", help="only from this address or CIDR block; repeatable")
]
Rate = Annotated[int | None, typer.Option("--rate", help="at most so many requests per second")]
ReadOnly = Annotated[bool, typer.Option("--read-only", help="only what changes nothing")]

_WORDS = {
    "services": "services",
    "handlers": "handlers",
    "objectKeys": "keys",
    "methods": "methods",
    "networks": "from",
}


def restrictions(**given: object) -> dict[str, object]:
    """The part of a new key's body, empty without any. A rate of 0 is sent: the API says what is wrong with it."""
    found = {name: value for name, value in given.items() if value is not None and value is not False and value != []}
    return {"restrictions": found} if found else {}


def shown(key: Mapping[str, Any]) -> str | None:
    """In one line."""
    found: dict[str, Any] = key.get("restrictions") or {}
    parts = [f"{word} {', '.join(found[name])}" for name, word in _WORDS.items() if name in found]
    parts += [f"{found['requestsPerSecond']}/s"] if "requestsPerSecond" in found else []
    parts += ["read-only"] if found.get("readOnly") else []
    return "; ".join(parts) or None

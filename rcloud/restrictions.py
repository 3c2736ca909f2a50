"""What a key may do less than its role: options of `keys create`, and how lists show it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Kind:
    """What a file may say of one restriction; `text` completes "has to be"."""

    text: str
    fits: Callable[[object], bool]


_LIST = Kind("a list of texts", lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value))
KINDS: Mapping[str, Kind] = {
    "services": _LIST,
    "handlers": _LIST,
    "objectKeys": _LIST,
    "methods": _LIST,
    "networks": _LIST,
    "requestsPerSecond": Kind("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "readOnly": Kind("true", lambda value: value is True),
}
"""By the names that the API has for them."""
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


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both take away the same: in which order a list has its entries is no matter."""
    return _plain(one) == _plain(other)


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: set(value) if isinstance(value, list) else value for name, value in given.items() if value}
    return found | ({"networks": {_network(one) for one in found["networks"]}} if "networks" in found else {})


def _network(text: str) -> str:
    """As the API keeps it: an address is the network of one, IPv4 within IPv6 is IPv4."""
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        return text
    mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    return f"{mapped}/{network.prefixlen - 96}" if mapped and network.prefixlen >= 96 else str(network)


def shown(key: Mapping[str, Any]) -> str | None:
    """In one line."""
    found: dict[str, Any] = key.get("restrictions") or {}
    parts = [f"{word} {', '.join(found[name])}" for name, word in _WORDS.items() if name in found]
    parts += [f"{found['requestsPerSecond']}/s"] if "requestsPerSecond" in found else []
    parts += ["read-only"] if found.get("readOnly") else []
    return "; ".join(parts) or None

"""What an environment may reach beside public addresses: networks and names, as the API keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any


@dataclass(frozen=True)
class Additions:
    networks: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        return self.networks | self.hosts

    @property
    def body(self) -> dict[str, list[str]]:
        """As the API takes it."""
        return {"networks": sorted(self.networks), "hosts": sorted(self.hosts)}

    def __or__(self, other: Additions) -> Additions:
        return Additions(self.networks | other.networks, self.hosts | other.hosts)

    def __sub__(self, other: Additions) -> Additions:
        return Additions(self.networks - other.networks, self.hosts - other.hosts)


def of(policy: Mapping[str, Any]) -> Additions:
    """The API's document, without the operator's defaults."""
    return Additions(frozenset(policy["networks"]), frozenset(policy["hosts"]))


def parsed(places: Iterable[str]) -> Additions:
    """Texts of either kind. Whether they make sense the plane says."""
    given = [one.strip() for one in places]
    networks = {_network(one) for one in given if _is_network(one)}
    return Additions(frozenset(networks), frozenset(one.lower().rstrip(".") for one in given if not _is_network(one)))


def _is_network(text: str) -> bool:
    return "/" in text or ":" in text or text.replace(".", "").isdigit()


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError:
        return text

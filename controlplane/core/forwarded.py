"""Who calls, when a proxy of the operator's stands in between (`CONTROLPLANE_TRUSTED_PROXIES`).

`X-Forwarded-For` is whatever a client likes to write; only what trusted proxies have added at its end says anything.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from starlette.datastructures import Headers

from controlplane.settings import settings

Client = tuple[str, int]
Networks = Sequence[IPv4Network | IPv6Network]


def client(scope: dict[str, Any]) -> Client | None:
    """The connection's other end, or who the trusted proxy there says it is asking for."""
    peer: Client | None = scope.get("client")
    trusted = settings().trusted_proxies
    if peer is None or not trusted or not _among(peer[0], trusted):
        return peer
    return _origin(",".join(Headers(scope=scope).getlist("x-forwarded-for")), peer, trusted)


def _origin(forwarded: str, peer: Client, trusted: Networks) -> Client:
    """From the right: each trusted proxy vouches for the entry before its own; the first that is none is the caller."""
    caller = peer[0]
    for entry in reversed(forwarded.split(",")):
        address = _address(entry.strip())
        if address is None:
            break
        caller = address
        if not _among(address, trusted):
            break
    return caller, peer[1]


def _address(entry: str) -> str | None:
    """Without the port some proxies add."""
    host = entry[1:].partition("]")[0] if entry.startswith("[") else entry
    host = host.partition(":")[0] if host.count(":") == 1 else host
    try:
        return str(ip_address(host))
    except ValueError:
        return None


def _among(text: str, networks: Networks) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in networks)

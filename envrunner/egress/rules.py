"""The rules as text that ``nft -f`` takes (nft(8)); nothing is asked or changed here.

One table per node, replaced as a whole and in one step. Packets of all other accounts leave it at its first rule. Every
packet is judged, not just the first of a connection: what is no longer allowed ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, collapse_addresses, ip_network

from envrunner.egress.networks import METADATA, NOT_PUBLIC_V4, NOT_PUBLIC_V6

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_FAMILIES = ((4, "ip"), (6, "ip6"))


@dataclass(frozen=True)
class Allowance:
    """What an environment may reach beside public addresses.

    ``proxies`` are addresses and ports of the tunnel proxy. ``refused`` is never reached, nor is any of
    ``refused_ports`` at an address of this host. ``named`` are where names lead that it may call in private networks.
    """

    networks: tuple[Network, ...] = ()
    refused: tuple[Network, ...] = ()
    refused_ports: frozenset[int] = frozenset()
    proxies: frozenset[tuple[Address, int]] = frozenset()
    named: frozenset[Address] = frozenset()


@dataclass(frozen=True)
class Node:
    """``uids``: all numbers that engines of this node may get. ``resolvers`` are asked for names, at port 53."""

    table: str
    uids: range
    resolvers: frozenset[Address] = frozenset()


def render(node: Node, engines: Mapping[int, Allowance | None]) -> str:
    """``engines`` by uid; None: not restricted. An account that is not among them reaches public addresses only."""
    allowances = list(dict.fromkeys(one for _, one in sorted(engines.items()) if one is not None))
    names = {one: f"allowance_{number}" for number, one in enumerate(allowances, start=1)}
    verdicts = [f"{uid} : {f'goto {names[one]}' if one else 'accept'}" for uid, one in sorted(engines.items())]
    return "\n".join(
        [
            # Declared first, so that it is there to be deleted.
            f"table inet {node.table}",
            f"delete table inet {node.table}",
            f"table inet {node.table} {{",
            *_chain("refuse", ["meta l4proto tcp reject with tcp reset", "reject with icmpx type admin-prohibited"]),
            *_chain("public", _public()),
            *[line for one, name in names.items() for line in _chain(name, _allowance(one))],
            *_chain("engines", [*_names(node), *_by_uid(verdicts), "goto public"]),
            *_chain("output", _hook(node)),
            "}",
            "",
        ]
    )


def _hook(node: Node) -> list[str]:
    uids = f"{node.uids.start}-{node.uids.stop - 1}"
    return ["type filter hook output priority filter; policy accept;", f"meta skuid {uids} goto engines"]


def _names(node: Node) -> list[str]:
    """Of datagrams engines need none but these."""
    asked = [
        f"{family} daddr {_set(found)} meta l4proto {{ tcp, udp }} th dport 53 accept"
        for version, family in _FAMILIES
        if (found := [str(one) for one in sorted(node.resolvers, key=int) if one.version == version])
    ]
    return [*asked, "meta l4proto != tcp goto refuse"]


def _by_uid(verdicts: Sequence[str]) -> list[str]:
    return [f"meta skuid vmap {_set(verdicts)}"] if verdicts else []


def _allowance(one: Allowance) -> list[str]:
    """In the order in which the control plane judges."""
    exactly = [network for network in one.networks if network in METADATA]
    ports = [str(port) for port in sorted(one.refused_ports)]
    return [
        *[f"{_family(address)} daddr {address} tcp dport {port} accept" for address, port in _sorted(one.proxies)],
        *_to(one.refused, "goto refuse"),
        *([f"fib daddr type local tcp dport {_set(ports)} goto refuse"] if ports else []),
        *_to(exactly, "accept"),
        *_to(METADATA, "goto refuse"),
        *_to([*one.networks, *map(ip_network, one.named)], "accept"),
        "goto public",
    ]


def _public() -> list[str]:
    # What is this host's own must not be reached from behind its firewall, public address or not.
    return [
        "fib daddr type != unicast goto refuse",
        *_to(NOT_PUBLIC_V4, "goto refuse"),
        "ip6 daddr != 2000::/3 goto refuse",
        *_to(NOT_PUBLIC_V6, "goto refuse"),
    ]


def _to(networks: Iterable[Network], verdict: str) -> list[str]:
    listed = list(networks)
    return [
        f"{family} daddr {_set([_short(one) for one in found])} {verdict}"
        for version, family in _FAMILIES
        if (found := list(collapse_addresses(one for one in listed if one.version == version)))  # type: ignore[type-var]
    ]


def _short(network: Network) -> str:
    # nft takes 0.0.0.0/0 and ::/0 in sets as it takes others.
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def _family(address: Address) -> str:
    return "ip" if address.version == 4 else "ip6"


def _sorted(proxies: Iterable[tuple[Address, int]]) -> list[tuple[Address, int]]:
    return sorted(proxies, key=lambda one: (one[0].version, int(one[0]), one[1]))


def _set(items: Iterable[str]) -> str:
    return f"{{ {', '.join(items)} }}"


def _chain(name: str, lines: Iterable[str]) -> list[str]:
    return [f"  chain {name} {{", *[f"    {line}" for line in lines], "  }"]

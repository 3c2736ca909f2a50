"""Which addresses may be reached on a tenant's word, and what a tenant whose service is elsewhere can do.

Judged in this order: the plane's own addresses never; then what somebody has allowed; then public addresses only
(RFC 6890), and these by https only.
"""

import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from controlplane.core.outbound import is_public

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
PRIVATE: tuple[Network, ...] = tuple(
    ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
# With one cloud or another they hand out credentials: reached only where this very address is allowed.
METADATA = tuple(
    ip_address(text)
    for text in (
        "169.254.169.254",
        "169.254.170.2",
        "168.63.129.16",
        "100.100.100.200",
        "fd00:ec2::254",
        "fd20:ce::254",
    )
)
TUNNEL = (
    "Use a tunnel instead: `restate cloud environments tunnel` beside the service, then "
    "`restate deployments register --tunnel-name NAME URL`."
)


class DestinationRefused(Exception):
    """The text is a sentence that says why, and what to do instead."""


@dataclass(frozen=True)
class Destinations:
    """What one environment may reach.

    `networks`: allowed though not public. `hosts`: names (`*.corp.example`: those below it) that may lead into private
    networks. `plain_http`: http also to public addresses. `refused`, `own_ports` and `own_zone`: the plane's own
    networks, its ports on this machine, and the domain of its names.
    """

    networks: tuple[Network, ...] = ()
    hosts: tuple[str, ...] = ()
    plain_http: bool = False
    refused: tuple[Network, ...] = ()
    own_ports: frozenset[int] = frozenset()
    own_zone: str | None = None

    def judge_name(self, host: str) -> None:
        """Before anything is resolved. Raises `DestinationRefused`."""
        name = canonical(host)
        if self.own_zone is not None and (name == self.own_zone or name.endswith(f".{self.own_zone}")):
            raise DestinationRefused(f"{host} is a name of this plane itself, which no service of yours has.")

    def is_below(self, host: str) -> bool:
        """Whether only a `*.` among `hosts` allows this name."""
        name = canonical(host)
        return name not in self.hosts and any(_is_named(name, pattern) for pattern in self.hosts)

    def judge(self, host: str, port: int, addresses: Iterable[Address], *, plain: bool = False) -> None:
        """Every address the name leads to; `plain`: by http. Raises `DestinationRefused`."""
        for address in addresses:
            self._judge(host, port, unmapped(address), plain)

    def _judge(self, host: str, port: int, address: Address, plain: bool) -> None:
        leads = host if host.strip("[]") == str(address) else f"{host} leads to {address}, which"
        if within(address, self.refused) or (port in self.own_ports and is_of_this_machine(address)):
            raise DestinationRefused(f"{leads} at port {port} is this plane itself, and no service of yours.")
        if self._allowed(host, address):
            return
        if address in METADATA or not is_public(address):
            raise DestinationRefused(
                f"{leads} is not a public address. {TUNNEL} Or ask for the network to be allowed for this environment."
            )
        if is_of_this_machine(address):
            raise DestinationRefused(f"{leads} is this plane's own machine. {TUNNEL}")
        if plain and not self.plain_http:
            raise DestinationRefused(f"{host} is to be called by http, which anybody on the way can read. Use https.")

    def _allowed(self, host: str, address: Address) -> bool:
        if address in METADATA:
            return any(network == ip_network(address) for network in self.networks)
        named = any(_is_named(canonical(host), pattern) for pattern in self.hosts)
        return within(address, self.networks) or (named and within(address, PRIVATE))


def canonical(host: str) -> str:
    """A name as names are compared."""
    return host.lower().rstrip(".")


def unmapped(address: Address) -> Address:
    """An IPv4 address within IPv6 as what it is."""
    return getattr(address, "ipv4_mapped", None) or address


def within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)


def is_of_this_machine(address: Address) -> bool:
    """Nothing is sent: only one's own address can be listened on."""
    if address.is_loopback or address.is_unspecified:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.bind((str(address), 0))
        return True
    return False


def _is_named(name: str, pattern: str) -> bool:
    return name.endswith(pattern[1:]) if pattern.startswith("*.") else name == pattern

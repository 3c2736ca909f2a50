"""What the kernel lets an engine's account connect to, in networks of the test's own: nothing leaves this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

import pytest

from envrunner.egress.rules import Allowance, Node, render
from tests.envrunner.nodes import IS_ROOT
from tests.support.two_networks import Listeners, TwoNetworks, dialled

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="only root makes networks, and gives engines accounts")

UIDS = range(1_900_000_000, 1_900_100_000)
PLAIN, OPEN, TRIED, UNSAID, UNKNOWN, STRANGER = UIDS[0], UIDS[1], UIDS[2], UIDS[3], UIDS[4], UIDS[0] - 1
REFUSED = "ECONNREFUSED"
# Of the host itself: its address in a private network, and a public one.
HERE = ["10.9.9.1", "93.184.216.1", "2a00:1450::1"]
THERE = [
    "93.184.216.34", "2a00:1450::5", "10.20.0.5", "10.20.9.5", "172.16.0.5", "192.168.5.5", "100.64.0.9", "198.18.0.5",
    "169.254.1.5", "169.254.169.254", "100.100.100.200", "168.63.129.16", "fd12::5", "fd00:ec2::254", "64:ff9b::a14:5",
    "2002:a14:5::1",
]  # fmt: skip
PROXY, API, POSTGRES, REDIS, RELAY, SERVICE = 9080, 8000, 5432, 6379, 9090, 3000
_PROXIES = frozenset({(ip_address("127.0.0.1"), PROXY)})
_OWN = frozenset({API, POSTGRES, REDIS, RELAY})
ALLOWANCES = {
    PLAIN: Allowance(proxies=_PROXIES, refused_ports=_OWN),
    OPEN: Allowance(
        networks=tuple(map(ip_network, ("10.20.0.0/16", "fd12::/64", "100.64.0.0/10", "168.63.129.16/32"))),
        refused=(ip_network("10.20.9.0/24"),),
        refused_ports=_OWN,
        proxies=_PROXIES,
    ),
    TRIED: Allowance((ip_network("127.0.0.0/8"), ip_network("::1/128")), (), _OWN, _PROXIES),
    UNSAID: None,
}
_RESOLVERS = frozenset({ip_address("10.20.0.5"), ip_address("127.0.0.53")})
RULES = render(Node("restate_test", UIDS, _RESOLVERS), ALLOWANCES)
INTERNET = [("93.184.216.34", 443), ("2a00:1450::5", 443), ("::ffff:93.184.216.34", 443)]
PRIVATE = [
    ("10.20.0.5", 443), ("172.16.0.5", 443), ("192.168.5.5", 443), ("198.18.0.5", 443), ("169.254.1.5", 443),
    ("::ffff:10.20.0.5", 443), ("fd12::5", 443), ("64:ff9b::a14:5", 443), ("2002:a14:5::1", 443), ("100.64.0.9", 443),
]  # fmt: skip
METADATA = [
    ("169.254.169.254", 80), ("::ffff:169.254.169.254", 80), ("100.100.100.200", 80), ("fd00:ec2::254", 80),
    ("168.63.129.16", 80),
]  # fmt: skip
THE_HOST = [
    (address, port)
    for address in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::", *HERE)
    for port in (API, POSTGRES, REDIS, RELAY, SERVICE)
]


@dataclass
class Place:
    """The two networks with their listeners, and the rules in force."""

    networks: TwoNetworks
    world: Listeners
    host: Listeners

    def outcomes(self, uid: int, targets: list[tuple[str, int]], *, datagrams: bool = False) -> set[str]:
        return set(dialled(self.networks.host, uid, targets, datagrams))

    def connected(self) -> int:
        return len(self.world.accepted()) + len(self.host.accepted())


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with (
        TwoNetworks(HERE, THERE) as networks,
        Listeners(networks.world, [80, 443]) as world,
        Listeners(networks.host, [API, POSTGRES, REDIS, RELAY, PROXY, SERVICE, 443]) as host,
    ):
        networks.host.run("nft", "-f", "-", given=RULES)
        yield Place(networks, world, host)


def test_the_internet_and_the_tunnel_proxy_are_reached(place: Place) -> None:
    assert place.outcomes(PLAIN, [*INTERNET, ("127.0.0.1", PROXY), ("::ffff:127.0.0.1", PROXY)]) == {"ok"}


@pytest.mark.parametrize("targets", [PRIVATE, METADATA, THE_HOST], ids=["private", "metadata", "the host"])
def test_nothing_else_is_and_nobody_there_hears_of_it(place: Place, targets: list[tuple[str, int]]) -> None:
    before = place.connected()
    assert place.outcomes(PLAIN, targets) == {REFUSED}
    assert place.connected() == before


@pytest.mark.parametrize("targets", [PRIVATE, METADATA, THE_HOST], ids=["private", "metadata", "the host"])
def test_a_number_that_no_environment_has_yet_is_held_all_the_same(
    place: Place, targets: list[tuple[str, int]]
) -> None:
    assert place.outcomes(UNKNOWN, targets) == {REFUSED}
    assert place.outcomes(UNKNOWN, INTERNET) == {"ok"}
    assert place.outcomes(UNKNOWN, [("127.0.0.1", PROXY)]) == {REFUSED}


@pytest.mark.parametrize("uid", [STRANGER, UIDS[-1] + 1, 0])
def test_other_accounts_are_not_affected(place: Place, uid: int) -> None:
    assert place.outcomes(uid, [*INTERNET, *PRIVATE, *METADATA, *THE_HOST]) == {"ok"}


def test_an_engine_of_an_older_control_plane_is_not_restricted(place: Place) -> None:
    assert place.outcomes(UNSAID, [*INTERNET, *PRIVATE, *METADATA, *THE_HOST]) == {"ok"}


def test_what_is_allowed_is_reached_and_no_more(place: Place) -> None:
    allowed = [("10.20.0.5", 443), ("::ffff:10.20.0.5", 443), ("fd12::5", 443), ("100.64.0.9", 443)]
    assert place.outcomes(OPEN, [*INTERNET, *allowed, ("168.63.129.16", 80)]) == {"ok"}
    # Refused whatever is allowed; within an allowed network, and yet a metadata service; not allowed at all.
    others = [("10.20.9.5", 443), ("100.100.100.200", 80), ("169.254.169.254", 80), ("192.168.5.5", 443)]
    assert place.outcomes(OPEN, [*others, *THE_HOST]) == {REFUSED}


def test_on_a_machine_of_ones_own_services_are_reached_and_the_plane_is_not(place: Place) -> None:
    loopback = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
    assert place.outcomes(TRIED, [(address, SERVICE) for address in loopback]) == {"ok"}
    own = [(address, port) for address in loopback for port in (API, POSTGRES, REDIS, RELAY)]
    assert place.outcomes(TRIED, [*own, *PRIVATE, *METADATA]) == {REFUSED}


def test_datagrams_only_to_where_names_are_asked_for(place: Place) -> None:
    targets = [("93.184.216.34", 53), ("93.184.216.34", 443), ("127.0.0.1", 53), ("10.20.0.5", 54)]
    for target in targets:
        assert place.outcomes(PLAIN, [target], datagrams=True) <= {"EPERM", "EHOSTUNREACH", "EACCES"}, target
    # The resolvers' port: passed on, and refused by whoever does not listen there.
    assert place.outcomes(PLAIN, [("10.20.0.5", 53), ("127.0.0.53", 53)], datagrams=True) == {REFUSED}


def test_nobody_elses_rules_are_touched(place: Place) -> None:
    host = place.networks.host
    host.run("nft", "-f", "-", given="table inet others {\n}\n")
    host.run("nft", "-f", "-", given=RULES)
    assert "table inet others" in host.run("nft", "list", "tables")

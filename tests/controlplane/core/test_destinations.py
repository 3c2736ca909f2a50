"""What may be reached on a tenant's word: judged before anything is dialled."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from controlplane.core.destinations import LOOPBACK, METADATA, PRIVATE, DestinationRefused, Destinations

NOBODYS = Destinations()
ELSEWHERE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "169.254.0.7",
    "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16", "::", "::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1", "fe80::1", "fc00::1",
    "fd00:ec2::254", "ff02::1", "2001:db8::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::1", "fec0::1",
]  # fmt: skip


def judged(of: Destinations, host: str, port: int = 443, *, plain: bool = False, to: str | None = None) -> str | None:
    """Why not; null when it may be reached."""
    try:
        of.judge_name(host)
        of.judge(host, port, [ip_address(to or host)], plain=plain)
    except DestinationRefused as error:
        return str(error)
    return None


@pytest.mark.parametrize("address", ELSEWHERE)
def test_what_is_not_public_is_refused_and_the_tunnel_named(address: str) -> None:
    assert "--tunnel-name" in (judged(NOBODYS, address) or "")
    assert "service.example leads to" in (judged(NOBODYS, "service.example", to=address) or "")


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_what_is_public_is_reached_by_https(address: str) -> None:
    assert judged(NOBODYS, "service.example", to=address) is None
    assert "Use https" in (judged(NOBODYS, "service.example", plain=True, to=address) or "")
    assert judged(Destinations(plain_http=True), "service.example", plain=True, to=address) is None


def test_one_bad_address_among_good_ones_is_enough() -> None:
    with pytest.raises(DestinationRefused, match=r"leads to 10\.0\.0\.1"):
        NOBODYS.judge("service.example", 443, [ip_address("93.184.216.34"), ip_address("10.0.0.1")])


def test_an_allowed_network_is_reached_by_http_too_and_its_neighbour_is_not() -> None:
    of = Destinations(networks=(ip_network("10.1.0.0/16"),))
    assert judged(of, "10.1.2.3", plain=True) is None
    assert judged(of, "::ffff:10.1.2.3", plain=True) is None
    assert judged(of, "10.2.2.3") is not None


@pytest.mark.parametrize(
    ("host", "to", "may"),
    [
        ("db.corp.example", "10.0.0.1", True),
        ("DB.Corp.Example.", "fc00::1", True),
        ("db.corp.example", "127.0.0.1", False),
        ("db.corp.example", "169.254.169.254", False),
        ("db.corp.example", "fd00:ec2::254", False),
        ("corp.example", "10.0.0.1", False),
        ("evilcorp.example", "10.0.0.1", False),
        ("one.example", "10.0.0.1", True),
        ("two.one.example", "10.0.0.1", False),
    ],
)
def test_an_allowed_name_leads_into_private_networks_only(host: str, to: str, may: bool) -> None:
    assert (judged(Destinations(hosts=("*.corp.example", "one.example")), host, to=to) is None) is may


@pytest.mark.parametrize("address", METADATA)
def test_what_hands_out_credentials_must_be_allowed_by_its_own_address(address: object) -> None:
    everything = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    assert judged(Destinations(networks=(*everything, *PRIVATE), hosts=("*.example",)), "a.example", to=str(address))
    exactly = Destinations(networks=(ip_network(str(address)),))
    assert judged(exactly, str(address)) is None


def test_the_plane_itself_is_never_reached_whatever_is_allowed() -> None:
    of = Destinations(networks=(*LOOPBACK, *PRIVATE), refused=(ip_network("10.9.0.0/16"),), own_ports=frozenset({8080}))
    assert judged(of, "127.0.0.1", 9080, plain=True) is None
    for host in ("127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::ffff:127.0.0.1"):
        assert "this plane itself" in (judged(of, host, 8080) or "")
    assert "this plane itself" in (judged(of, "10.9.0.1", 1) or "")
    assert judged(of, "10.8.0.1", 8080) is None


@pytest.mark.parametrize("host", ["cloud.example", "x.env.local.cloud.example", "X.Cloud.Example."])
def test_the_planes_own_names_are_nobodys_services(host: str) -> None:
    of = Destinations(own_zone="cloud.example")
    assert "a name of this plane itself" in (judged(of, host, to="93.184.216.34") or "")
    assert judged(of, "notcloud.example", to="93.184.216.34") is None

"""What the control plane judges by is what runners hold engines to."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from controlplane.core import destinations, outbound
from envrunner.egress import networks
from envrunner.egress.rules import Address, Network

_INTERNET_V6 = ip_network("2000::/3")


def public_to_the_kernel(address: Address) -> bool:
    """As chain ``public`` decides."""
    if address.version == 4:
        return not any(address in one for one in networks.NOT_PUBLIC_V4)
    return address in _INTERNET_V6 and not any(address in one for one in networks.NOT_PUBLIC_V6)


def edges() -> Iterator[Address]:
    """The first and last address of each network, and their neighbours."""
    listed: tuple[Network, ...] = (*networks.NOT_PUBLIC_V4, *networks.NOT_PUBLIC_V6, *networks.METADATA, _INTERNET_V6)
    for one in listed:
        for edge in (one[0], one[-1]):
            for step in (-1, 0, 1):
                if 0 <= int(edge) + step < 2**one.max_prefixlen:
                    yield edge + step


@pytest.mark.parametrize("address", sorted(set(edges()), key=str), ids=str)
def test_both_draw_the_line_at_the_same_addresses(address: Address) -> None:
    assert public_to_the_kernel(address) == outbound.is_public(address)


@given(st.ip_addresses())
@example(ip_address("64:ff9b::a00:1"))
@example(ip_address("2002:7f00:1::"))
@example(ip_address("::ffff:10.0.0.1"))
def test_what_is_public_to_the_kernel_is_public_to_the_control_plane(address: Address) -> None:
    assert public_to_the_kernel(address) == outbound.is_public(address)


def test_both_know_the_same_metadata_services() -> None:
    assert {one[0] for one in networks.METADATA} == set(destinations.METADATA)


def test_both_mean_the_same_private_networks() -> None:
    assert networks.PRIVATE == destinations.PRIVATE

"""The rules as text."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from envrunner.egress.rules import Allowance, Node, render

GOLDEN = Path(__file__).parent / "golden"
UIDS = range(1_900_000_000, 1_900_100_000)
RESOLVERS = frozenset(map(ip_address, ("127.0.0.53", "10.0.0.2", "fd00::53")))
PROXIES = frozenset({(ip_address("127.0.0.1"), 9080), (ip_address("2a00::9"), 443), (ip_address("10.1.1.1"), 9080)})
WIDE = Allowance(
    networks=tuple(map(ip_network, ("127.0.0.0/8", "10.0.0.0/8", "10.20.0.0/16", "::1/128", "169.254.169.254/32"))),
    refused=(ip_network("10.20.9.0/24"), ip_network("fd99::/64")),
    refused_ports=frozenset({8080, 8000}),
    proxies=PROXIES,
)


def rendered(name: str) -> str:
    if name == "nobody":
        return render(Node("restate_engines_1900000000", UIDS), {})
    engines = {UIDS[2]: None, UIDS[0]: WIDE, UIDS[1]: Allowance(), UIDS[3]: WIDE}
    return render(Node("restate_engines_1900000000", UIDS, RESOLVERS), engines)


@pytest.mark.parametrize("name", ["nobody", "several"])
def test_they_are_what_was_looked_at_once(name: str) -> None:
    assert rendered(name) == (GOLDEN / f"{name}.nft").read_text()


def test_nothing_depends_on_the_order_in_which_environments_are_named() -> None:
    node = Node("t", UIDS, RESOLVERS)
    engines = {UIDS[0]: WIDE, UIDS[1]: Allowance(), UIDS[3]: None}
    assert render(node, engines) == render(node, dict(reversed(engines.items())))


def test_environments_with_the_same_allowance_share_one_chain() -> None:
    text = render(Node("t", UIDS), dict.fromkeys(UIDS[:1000], WIDE))
    assert text.count("chain allowance_") == 1
    assert text.count("goto allowance_1") == 1000


def test_all_of_a_family_and_none_of_the_other() -> None:
    text = render(Node("t", UIDS), {UIDS[0]: Allowance(networks=(ip_network("0.0.0.0/0"),))})
    assert "ip daddr { 0.0.0.0/0 } accept" in text
    assert text.index("169.254.169.254", text.index("allowance_1 {")) < text.index("0.0.0.0/0")


def test_where_a_name_leads_is_reached_and_metadata_and_what_is_refused_come_first() -> None:
    named = Allowance(refused=(ip_network("10.20.9.0/24"),), named=frozenset({ip_address("10.20.0.5")}))
    text = render(Node("t", UIDS), {UIDS[0]: named})
    chain = text[text.index("allowance_1 {") :]
    order = ["10.20.9.0/24 } goto refuse", "169.254.169.254", "ip daddr { 10.20.0.5 } accept", "goto public"]
    assert sorted(order, key=chain.index) == order

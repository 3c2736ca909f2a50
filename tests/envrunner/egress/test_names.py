"""Where names lead: asked for in turn, remembered for a while, and nobody waits long for it."""

from __future__ import annotations

import threading
from ipaddress import ip_address
from pathlib import Path

import pytest

from envrunner.egress import names as module
from envrunner.egress.names import KEPT_SECONDS, Names, resolve
from envrunner.egress.rules import Address
from tests.envrunner.waiting import until

A, B, C = (ip_address(f"10.0.0.{number}") for number in (1, 2, 3))
_EVERY = 30.0


class World:
    """``leads`` is what DNS says; a name that is not there cannot be asked for now."""

    def __init__(self, file: Path) -> None:
        self.leads: dict[str, set[Address]] = {}
        self.now = 1000.0
        self.asked: list[str] = []
        self.held = threading.Event()
        self.held.set()
        self.file = file

    def names(self) -> Names:
        return Names(self.file, _EVERY, self.ask, lambda: self.now)

    def ask(self, host: str) -> frozenset[Address] | None:
        self.asked.append(host)
        if host.startswith("slow"):
            self.held.wait(60)
        return None if host not in self.leads else frozenset(self.leads[host])


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "names.json")


def passes(world: World, names: Names, seconds: float, *wanted: str) -> frozenset[Address]:
    """Somebody looks after so many seconds; where the first one leads then."""
    world.now += seconds
    names.look(wanted)
    return names.addresses(wanted[0])


def test_a_name_is_asked_for_anew_and_an_address_outlives_answers_that_leave_it_out(world: World) -> None:
    names, world.leads["db"] = world.names(), {A}
    assert passes(world, names, 0, "db") == {A}
    world.leads["db"] = {B}
    assert passes(world, names, _EVERY - 1, "db") == {A}, "not yet"
    assert passes(world, names, 1, "db") == {A, B}
    assert passes(world, names, KEPT_SECONDS - _EVERY - 1, "db") == {A, B}
    assert passes(world, names, _EVERY, "db") == {B}
    world.leads["db"] = set()
    assert passes(world, names, KEPT_SECONDS, "db") == set()


def test_while_nobody_can_say_nothing_changes(world: World) -> None:
    names, world.leads["db"] = world.names(), {A}
    passes(world, names, 0, "db")
    del world.leads["db"]
    assert passes(world, names, 3 * KEPT_SECONDS, "db") == {A}


def test_a_name_that_is_allowed_no_longer_leads_nowhere_at_once(world: World) -> None:
    names, world.leads["db"] = world.names(), {A}
    passes(world, names, 0, "db")
    names.look([])
    assert names.addresses("db") == set()


@pytest.mark.parametrize(
    "elsewhere",
    ["127.0.0.1", "::1", "169.254.169.254", "100.100.100.200", "fd00:ec2::254", "0.0.0.0", "224.0.0.1", "fe80::1",
     "93.184.216.34", "::ffff:10.0.0.1", "64:ff9b::a00:1"],
)  # fmt: skip
def test_only_what_is_private_is_opened_by_a_name(world: World, elsewhere: str) -> None:
    """Its owner decides where it leads: to this host, or to what hands out credentials, if they like."""
    names, world.leads["db"] = world.names(), {ip_address(elsewhere), A}
    assert passes(world, names, 0, "db") == {A}


def test_a_name_has_so_many_addresses_and_the_latest_stay(world: World) -> None:
    names = world.names()
    for turn in range(5):
        world.leads["db"] = {ip_address(f"10.{turn}.0.{number}") for number in range(40)}
        found = passes(world, names, _EVERY, "db")
        assert world.leads["db"] <= found
        assert len(found) <= 64


def test_names_that_take_their_time_keep_no_other_waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.05)
    names, world.leads["db"] = world.names(), {A}
    world.held.clear()
    names.look(["slow-1", "slow-2", "db"])
    until(lambda: names.addresses("db"))
    world.leads["db"] = {B}
    assert B in passes(world, names, _EVERY, "db", "slow-1", "slow-2") or until(lambda: B in names.addresses("db"))
    assert sorted(world.asked) == ["db", "db", "slow-1", "slow-2"], "who has not answered is not asked again"
    world.leads["slow-1"] = {C}
    world.held.set()
    until(lambda: names.addresses("slow-1") == {C})


def test_a_new_name_waits_for_no_crowd_of_old_ones(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A neighbour's, whose answers have become slow; and those that nobody wants by then are not asked for."""
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.05)
    names, crowd = world.names(), [f"slow-{number}" for number in range(20)]
    names.look(crowd)
    until(lambda: len(world.asked) == len(crowd))
    world.asked.clear()
    world.held.clear()
    passes(world, names, _EVERY, *crowd)
    until(lambda: len(world.asked) == module._AT_ONCE)
    busy, world.leads["db"] = list(world.asked), {A}
    names.look([*busy, "db"])
    world.held.set()
    until(lambda: names.addresses("db"))
    names.look([*busy, "db"])
    assert world.asked == [*busy, "db"]


def test_an_agent_begins_with_what_the_last_one_knew(world: World) -> None:
    names, world.leads["db"] = world.names(), {A}
    passes(world, names, 0, "db")
    names.save()
    del world.leads["db"]
    later = world.names()
    assert passes(world, later, 0, "db") == {A}


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"db": 1}', b'{"db": ["x"]}', b"null", b"\0\xff\xfe"])
def test_a_file_that_somebody_spoilt_is_as_none(world: World, content: bytes) -> None:
    world.file.write_bytes(content)
    world.leads["db"] = {A}
    names = world.names()
    assert passes(world, names, 0, "db") == {A}
    names.save()
    del world.leads["db"]
    assert passes(world, world.names(), 0, "db") == {A}


@pytest.mark.parametrize(("host", "found"), [("127.0.0.1", {ip_address("127.0.0.1")}), ("a" * 70 + ".example", None)])
def test_the_hosts_own_resolver_is_asked(host: str, found: set[Address] | None) -> None:
    assert resolve(host) == found

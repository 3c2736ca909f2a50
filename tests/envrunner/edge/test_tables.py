"""The edge's copy on disk."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from envrunner.edge.rendering import from_ranges, to_ranges
from envrunner.edge.tables import Tables, open_tables
from tests.envrunner.edge.stack import digest, label

KEY = {"kind": "api_key", "keyId": "key_1", "label": label(1), "role": "full", "expiresAt": None}


def route(number: int, **more: Any) -> dict[str, Any]:
    ports = {"ingressPort": 8100 + 2 * number, "adminPort": 8101 + 2 * number}
    return {"accountId": "acc_1", "status": "ON", **ports, **more}


def change(table: str, key: str, value: Any) -> dict[str, Any]:
    return {"sequence": 0, "table": table, "key": key, "value": value}


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    tables = Tables(tmp_path / "tables.sqlite3")
    tables.replace(5, {"routes": {label(1): route(1)}, "principals": {digest("a"): KEY}})
    return tables


def test_an_empty_copy_has_no_sequence(tmp_path: Path) -> None:
    fresh = Tables(tmp_path / "new" / "tables.sqlite3")
    assert fresh.sequence is None
    assert (tmp_path / "new" / "tables.sqlite3").stat().st_mode & 0o777 == 0o600


def test_what_is_applied_is_there_after_a_reopening(tables: Tables, tmp_path: Path) -> None:
    pairs = tables.apply(7, [change("routes", label(2), route(2)), change("principals", digest("a"), None)])
    assert dict(pairs)[digest("a")] is None
    again = Tables(tmp_path / "tables.sqlite3")
    assert (again.sequence, again.epoch, again.slots()) == (7, tables.epoch, {label(1): 1, label(2): 2})
    assert dict(again.pairs()) == dict(tables.pairs())
    assert digest("a") not in dict(again.pairs())


def test_what_expired_long_ago_can_be_dropped(tables: Tables, tmp_path: Path) -> None:
    at = datetime(2027, 1, 1, 12, tzinfo=UTC)
    for name, expires_at in {"b": "2027-01-01T11:59:59.999Z", "c": "2027-01-01T12:00:00.000Z", "d": None}.items():
        tables.apply(6, [change("principals", digest(name), {**KEY, "expiresAt": expires_at})])
    assert tables.expired(at, 10) == [digest("b")]
    assert tables.expired(at + timedelta(days=1), 1) in ([digest("b")], [digest("c")])
    tables.forget(tables.expired(at, 10))
    left = dict(Tables(tmp_path / "tables.sqlite3").pairs())
    assert [digest(name) in left for name in "abcd"] == [True, False, True, True]


def test_a_change_that_cannot_be_applied_leaves_nothing_behind(tables: Tables) -> None:
    before = dict(tables.pairs())
    with pytest.raises(KeyError):
        tables.apply(9, [change("principals", digest("b"), KEY), {"table": "principals"}])
    assert (tables.sequence, dict(tables.pairs())) == (5, before)


def test_a_snapshot_replaces_everything_but_keeps_slots(tables: Tables) -> None:
    tables.apply(6, [change("routes", label(2), route(2))])
    epoch = tables.epoch
    tables.replace(6, {"routes": {label(2): route(2), label(3): route(3)}})
    assert tables.slots() == {label(2): 2, label(3): 3}
    assert tables.epoch != epoch
    assert digest("a") not in dict(tables.pairs())


def test_slots_are_never_reused(tables: Tables) -> None:
    tables.apply(6, [change("routes", label(1), None)])
    tables.apply(7, [change("routes", label(2), route(2)), change("routes", label(1), route(1, status="DELETED"))])
    tables.apply(8, [change("routes", label(1), route(1, status="OFF"))])
    assert tables.slots() == {label(2): 2, label(1): 3}
    assert tables.next_slot == 4


def test_ports_that_move(tables: Tables) -> None:
    moved = tables.apply(6, [change("routes", label(1), route(1, ingressPort=9000, adminPort=None))])
    assert {(":8102", None), (":8103", None), (":9000", label(1))} <= set(moved)
    swapped = tables.apply(
        7, [change("routes", label(2), route(2, ingressPort=9000)), change("routes", label(1), None)]
    )
    assert (":9000", None) not in swapped
    assert dict(tables.pairs())[":9000"] == label(2)


@pytest.mark.parametrize("ports", [[], [1], [1, 2, 3], [1, 3, 5], [8100, 8101, 8103, 9000, 9001]])
def test_ranges(ports: list[int]) -> None:
    assert from_ranges(to_ranges(ports)) == ports
    assert to_ranges(range(8100, 8230)) == "8100-8229"


def test_a_copy_that_cannot_be_opened_just_now_stays(tmp_path: Path) -> None:
    path = tmp_path / "tables.sqlite3"
    Tables(path).replace(7, {})
    path.with_name(f"{path.name}-wal").unlink(missing_ok=True)
    path.with_name(f"{path.name}-wal").mkdir()
    with pytest.raises(sqlite3.OperationalError):
        open_tables(path)
    assert not list(path.parent.glob("unreadable-*"))


def test_an_unreadable_copy_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "tables.sqlite3"
    path.write_bytes(b"not a database, but long enough to look at" * 100)
    assert open_tables(path).sequence is None
    assert open_tables(path).sequence is None
    assert (tmp_path / "unreadable-tables.sqlite3").exists()


def test_many_may_open_a_copy_that_does_not_exist_yet(tmp_path: Path) -> None:
    """nginx's start and the edge agent do, each as a process of its own."""
    barrier = threading.Barrier(4)

    def open_at_once(path: Path) -> Tables:
        barrier.wait(30)
        return open_tables(path)

    with ThreadPoolExecutor(4) as pool:
        for number in range(40):
            assert len(list(pool.map(open_at_once, [tmp_path / f"{number}.sqlite3"] * 4))) == 4

"""The edge feed with real commits: order, gaps, long polls, resets."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from controlplane.core.database import transaction
from controlplane.edge_feed import repository
from controlplane.edge_log import Table, publish
from tests.controlplane.node import Node
from tests.controlplane.people import SignedUp

pytestmark = pytest.mark.usefixtures("committed")


def changes(node: Node, after: int, wait: float = 0) -> dict[str, Any]:
    body: dict[str, Any] = node.call("GET", f"/edge/changes?after={after}&wait={wait}").json()
    return body


def publish_one(entry: str) -> None:
    with transaction() as session:
        publish(session, Table.MEMBERS, entry, {"role": "viewer"})


def test_a_snapshot_and_the_changes_after_it_give_what_a_later_snapshot_gives(
    committed: sessionmaker[Session], signed_up: SignedUp, node: Node
) -> None:
    assert committed
    ada = signed_up()
    before = node.call("GET", "/edge/snapshot").json()
    environments = f"/accounts/{ada.account()}/environments"
    env = ada.post(environments, {"name": "dev"}).json()["environmentId"]
    keys = [ada.post(f"{environments}/{env}/api-keys", {"description": "d", "role": "full"}).json() for _ in range(3)]
    ada.delete(f"{environments}/{env}/api-keys/{keys[1]['keyId']}")
    tables = before["tables"]
    for change in changes(node, before["sequence"])["items"]:
        if change["value"] is None:
            tables[change["table"]].pop(change["key"])
        else:
            tables[change["table"]][change["key"]] = change["value"]
    assert tables == node.call("GET", "/edge/snapshot").json()["tables"]


def test_numbers_have_no_gaps_and_follow_the_order_of_commits(node: Node) -> None:
    start = node.call("GET", "/edge/snapshot").json()["sequence"]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(publish_one, [f"usr_{i}/acc" for i in range(40)]))
    items = changes(node, start)["items"]
    assert [item["sequence"] for item in items] == list(range(start + 1, start + 41))


def test_a_long_poll_answers_when_something_is_committed(node: Node) -> None:
    start = node.call("GET", "/edge/snapshot").json()["sequence"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(changes, node, start, 20)
        publish_one("usr_1/acc")
        assert [item["key"] for item in waiting.result(timeout=15)["items"]] == ["usr_1/acc"]


def test_a_rolled_back_change_is_never_seen(node: Node) -> None:
    start = node.call("GET", "/edge/snapshot").json()["sequence"]

    def publish_and_fail() -> None:
        with transaction() as session:
            publish(session, Table.MEMBERS, "usr_1/acc", {"role": "owner"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        publish_and_fail()
    assert changes(node, start) == {"sequence": start, "reset": False, "items": []}


def test_an_edge_ahead_of_the_log_or_behind_its_start_must_take_a_snapshot(node: Node) -> None:
    for number in range(5):
        publish_one(f"usr_{number}/acc")
    with transaction() as session:
        repository.trim(session, keep=2)
        current = repository.sequence(session)
    assert changes(node, current + 1)["reset"]
    assert changes(node, current - 3)["reset"]
    assert not changes(node, current - 2)["reset"]
    assert not changes(node, current)["reset"]


def test_an_uncommitted_change_holds_up_nobody_who_reads(node: Node) -> None:
    start = node.call("GET", "/edge/snapshot").json()["sequence"]
    written, read = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction() as session:
            publish(session, Table.MEMBERS, "usr_slow/acc", {"role": "viewer"})
            written.set()
            assert read.wait(10)

    with ThreadPoolExecutor(1) as pool:
        slow_one = pool.submit(slow)
        assert written.wait(10)
        publish_one("usr_fast/acc")
        assert [item["key"] for item in changes(node, start)["items"]] == ["usr_fast/acc"]
        read.set()
        slow_one.result(10)
    assert [item["key"] for item in changes(node, start)["items"]] == ["usr_fast/acc", "usr_slow/acc"]


@pytest.mark.parametrize("path", ["/specs", "/edge/snapshot", "/edge/changes?after=0"])
def test_without_a_known_credential_nothing_is_told(node: Node, path: str) -> None:
    node.credential = "guessed"
    assert node.call("GET", path).status_code == 401
    assert node.client.get("/internal/v1" + path).status_code == 401

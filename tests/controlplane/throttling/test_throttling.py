"""What edges tell of refused requests, who sees it, and that no tenant fills tables with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controlplane.core import clock
from controlplane.core.database import transaction
from controlplane.throttling import service
from controlplane.throttling.models import ThrottledRequests
from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp


@pytest.fixture
def ada(signed_up: SignedUp) -> Person:
    return signed_up()


@pytest.fixture
def path(ada: Person, node: Node) -> str:
    """Of an environment."""
    account = ada.account()
    made = ada.post(f"/accounts/{account}/environments", {"name": "dev"})
    assert made.status_code == 202, made.text
    return f"/accounts/{account}/environments/{made.json()['environmentId']}"


def hour(ago: int = 0) -> str:
    return (datetime.now(UTC) - timedelta(hours=ago)).strftime("%Y-%m-%dT%H:00:00Z")


def tell(node: Node, path: str, **members: Any) -> int:
    usual = {
        "hour": hour(), "environmentId": path.rpartition("/")[2], "limit": "requests_in_flight", "principal": "key_1",
        "count": 2,
    }  # fmt: skip
    return int(node.call("POST", "/edge/throttling", json={"items": [usual | members]}).status_code)


def shown(person: Person, path: str) -> list[tuple[str, str | None, int]]:
    items = person.get(f"{path}/throttling").json()["items"]
    return [(item["limit"], item["principal"], item["requests"]) for item in items]


def test_counts_add_up_by_hour_limit_and_principal(ada: Person, path: str, node: Node) -> None:
    assert shown(ada, path) == []
    for members in ({}, {"count": 3}, {"principal": "usr_1"}, {"limit": "query_seconds"}, {"hour": hour(ago=2)}):
        assert tell(node, path, **members) == 204
    assert shown(ada, path) == [
        ("query_seconds", "key_1", 2), ("requests_in_flight", "key_1", 5), ("requests_in_flight", "usr_1", 2),
        ("requests_in_flight", "key_1", 2),
    ]  # fmt: skip


def test_what_is_old_or_has_not_begun_or_is_nobody_s_is_passed_over(ada: Person, path: str, node: Node) -> None:
    for members in ({"hour": hour(ago=30)}, {"hour": hour(ago=-2)}, {"environmentId": "env_" + "0" * 27}):
        assert tell(node, path, **members) == 204
    for wrong in ({"limit": "x"}, {"principal": "a b"}, {"principal": "x" * 65}, {"count": 0}, {"count": 2**41}):
        assert tell(node, path, **wrong) == 422
    assert shown(ada, path) == []


def test_many_principals_make_no_more_rows_than_fifty(ada: Person, path: str, node: Node) -> None:
    for number in range(60):
        tell(node, path, principal=f"usr_{number}")
    rows = shown(ada, path)
    assert len(rows) == 51
    assert [count for _, principal, count in rows if principal is None] == [20]
    tell(node, path, principal="usr_0")
    assert ("requests_in_flight", "usr_0", 4) in shown(ada, path)


def test_strangers_see_nothing(signed_up: SignedUp, path: str, node: Node) -> None:
    tell(node, path)
    assert signed_up("eve").get(f"{path}/throttling").status_code == 404


@pytest.mark.usefixtures("committed")
def test_counts_are_forgotten_after_a_day(ada: Person, path: str, node: Node) -> None:
    tell(node, path)
    with transaction() as session:
        row = ThrottledRequests(
            environment_id=path.rpartition("/")[2], hour=clock.now() - timedelta(hours=26), limit="query_seconds",
            principal="", count=1,
        )  # fmt: skip
        session.add(row)
    service.sweep()
    with transaction() as session:
        assert session.query(ThrottledRequests).filter_by(limit="query_seconds").count() == 0
    assert len(shown(ada, path)) == 1

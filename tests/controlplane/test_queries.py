"""What is read for many rows is read in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from controlplane.core.database import engine
from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp


@contextmanager
def counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(engine(), "before_cursor_execute", note)
    yield statements
    event.remove(engine(), "before_cursor_execute", note)


CALLS: dict[str, Callable[[Person, Node, str], object]] = {
    "specs": lambda _ada, node, _account: node.specs(),
    "snapshot": lambda _ada, node, _account: node.call("GET", "/edge/snapshot").json(),
    "environments": lambda ada, _node, account: ada.get(f"/accounts/{account}/environments").json(),
    "members": lambda ada, _node, account: ada.get(f"/accounts/{account}/members").json(),
    "me": lambda ada, _node, _account: ada.get("/auth/me").json(),
    "cli": lambda ada, _node, _account: ada.client.post("/cloud/ListAccounts", headers=ada.headers).json(),
}


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("name", CALLS)
def test_more_rows_are_not_more_queries(signed_up: SignedUp, node: Node, name: str) -> None:
    ada = signed_up()
    account = ada.account("one")
    numbers = []
    for more in ("two", "three", "four"):
        ada.account(more)
        assert ada.post(f"/accounts/{account}/environments", {"name": more}).status_code == 202
        with counted() as statements:
            assert CALLS[name](ada, node, account)
        numbers.append(len(statements))
    assert len(set(numbers)) == 1


def test_an_edges_observations_are_one_round_trip(signed_up: SignedUp, node: Node) -> None:
    ada = signed_up()
    environments = f"/accounts/{ada.account()}/environments"
    keys = f"{environments}/{ada.post(environments, {'name': 'dev'}).json()['environmentId']}/api-keys"
    made = [ada.post(keys, {"description": "d", "role": "full"}).json()["keyId"] for _ in range(5)]
    used = dict.fromkeys([*made, "key_unknown"], datetime(2026, 1, 1, tzinfo=UTC).isoformat())
    with counted() as statements:
        assert node.call("POST", "/edge/usage", json={"keys": used}).status_code == 204
    assert len([statement for statement in statements if statement.startswith("UPDATE")]) == 1
    assert {item["lastUsedAt"] for item in ada.get(keys).json()["items"]} == {"2026-01-01T00:00:00.000Z"}

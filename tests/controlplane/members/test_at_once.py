"""Changes of one account's members at the same moment, with real commits: an owner is always left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from controlplane.auth import Role
from controlplane.members.models import Member
from tests.controlplane.people import Person, SignedUp

ROUNDS = 8


def owners(sessions: sessionmaker[Session], account_id: str) -> list[str]:
    with sessions() as session:
        query = select(Member.user_id).where(Member.account_id == account_id, Member.role == "owner")
        return list(session.scalars(query))


def together(calls: list[tuple[Person, str, str, object]]) -> list[int]:
    """Person, method, path, body; all start at the same moment."""
    start = Barrier(len(calls))

    def call(one: tuple[Person, str, str, object]) -> int:
        person, method, path, body = one
        start.wait()
        return person.call(method, path, json=body).status_code

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(call, calls))


@pytest.mark.parametrize("way", ["leave", "step down", "remove each other", "demote each other", "hand over"])
def test_an_owner_is_left(committed: sessionmaker[Session], signed_up: SignedUp, way: str) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    for number in range(ROUNDS):
        account_id = ada.account(f"a{number}")
        bob.joins(account_id, Role.OWNER)
        a, b = (f"/accounts/{account_id}/members/{one.user_id}" for one in (ada, bob))
        transfer, down = f"/accounts/{account_id}/transfer", {"role": "viewer"}
        ways: dict[str, list[tuple[Person, str, str, object]]] = {
            "leave": [(ada, "DELETE", a, None), (bob, "DELETE", b, None)],
            "step down": [(ada, "PATCH", a, down), (bob, "PATCH", b, down)],
            "remove each other": [(ada, "DELETE", b, None), (bob, "DELETE", a, None)],
            "demote each other": [(ada, "PATCH", b, down), (bob, "PATCH", a, down)],
            "hand over": [(ada, "POST", transfer, {"userId": bob.user_id}), (bob, "DELETE", b, None)],
        }
        statuses = together(ways[way])
        assert len(owners(committed, account_id)) >= 1
        assert statuses[0] in (200, 204)
        assert statuses[1] in (403, 404, 409)

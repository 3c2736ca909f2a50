"""Who belongs to an account."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from controlplane.auth import Role
from controlplane.auth.permissions import ROLES
from tests.controlplane.people import API, SignedUp


def test_the_list(signed_up: SignedUp) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    account_id = ada.account()
    bob.joins(account_id, Role.VIEWER)
    items = ada.get(f"/accounts/{account_id}/members").json()["items"]
    assert [(item["userId"], item["email"], item["role"]) for item in items] == [
        (ada.user_id, "ada@example.com", "owner"),
        (bob.user_id, "bob@example.com", "viewer"),
    ]
    assert set(items[0]) == {"userId", "email", "name", "role", "secondFactor", "joinedBy", "createdAt"}


def test_pages(signed_up: SignedUp) -> None:
    ada = signed_up("ada")
    account_id = ada.account()
    people = [ada, *(signed_up(f"p{number}").joins(account_id, Role.DEVELOPER) for number in range(4))]
    seen, after, pages = [], "", 0
    while after is not None:
        page = ada.get(f"/accounts/{account_id}/members", params={"limit": 2, "after": after}).json()
        seen += [item["userId"] for item in page["items"]]
        after, pages = page["next"], pages + 1
    assert seen == sorted(person.user_id for person in people)
    assert pages == 3


@pytest.mark.parametrize("role", Role)
def test_every_role_sees_the_members(signed_up: SignedUp, role: Role) -> None:
    account_id = signed_up("ada").account()
    bob = signed_up("bob").joins(account_id, role)
    assert len(bob.get(f"/accounts/{account_id}/members").json()["items"]) == 2


def test_nobody_else_does(signed_up: SignedUp, client: TestClient) -> None:
    account_id, eve = signed_up("ada").account(), signed_up("eve")
    assert eve.get(f"/accounts/{account_id}/members").status_code == 404
    assert client.get(f"{API}/accounts/{account_id}/members").status_code == 401


def test_roles_show_in_me_account_by_account(signed_up: SignedUp) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    bobs = bob.account("own")
    bob.joins(adas := ada.account("shared"), Role.ADMIN)
    mine = bob.get("/auth/me").json()["accounts"]
    assert [set(one.pop("permissions")) for one in mine] == [set(ROLES[Role.OWNER]), set(ROLES[Role.ADMIN])]
    assert mine == [
        {"accountId": bobs, "name": "own", "role": "owner", "secondFactorRequired": False},
        {"accountId": adas, "name": "shared", "role": "admin", "secondFactorRequired": False},
    ]

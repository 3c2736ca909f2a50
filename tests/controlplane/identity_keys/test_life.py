"""next → current → previous → destroyed, and back; what relays and runners are told at each step."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from controlplane.auth import Permission, Role
from controlplane.auth.permissions import ROLES
from controlplane.environments.models import IdentityKey
from tests.controlplane.identity_keys.conftest import Keys
from tests.controlplane.people import API, SignedUp

FORCE = {"force": True}


def test_a_whole_rotation(keys: Keys, session: Session) -> None:
    old = keys.shown()["signingPublicKey"]
    assert keys.states() == {old: "current"}
    assert keys.shown()["nextSigningPublicKey"] is None

    new = keys.do(status=201)["publicKey"]
    assert keys.states() == {old: "current", new: "next"}
    assert (keys.shown()["signingPublicKey"], keys.shown()["nextSigningPublicKey"]) == (old, new)
    assert keys.route() == [old, new], "accepted before anybody signs with it: no relay is late"
    before = keys.node.specs()[0]

    changed = keys.do("/switch", FORCE, 202)
    assert changed["signingPublicKey"] == new
    assert keys.states() == {old: "previous", new: "current"}
    assert keys.shown()["nextSigningPublicKey"] is None
    assert keys.route() == [new, old], "the old engine may still sign"
    after = keys.node.specs()[0]
    assert (after["generation"], after["signingKeyPem"] != before["signingKeyPem"]) == (before["generation"] + 1, True)
    assert operation(keys, changed["operationId"]) == ("identity_key.switch", "RUNNING")

    assert keys.do("/finish", status=409)["code"] == "identity_key_in_use"
    keys.node.does_what_it_should()
    assert operation(keys, changed["operationId"]) == ("identity_key.switch", "SUCCEEDED")
    assert keys.do("/finish")["state"] == "destroyed"
    assert keys.states() == {new: "current"}
    assert keys.route() == [new]
    row = session.scalars(select(IdentityKey).where(IdentityKey.public_key == old)).one()
    assert row.sealed_private_key is None
    assert keys.node.specs()[0]["generation"] == after["generation"], "no restart for that"


def test_back_and_forth(keys: Keys) -> None:
    old, new = keys.shown()["signingPublicKey"], keys.do(status=201)["publicKey"]
    pem = keys.node.specs()[0]["signingKeyPem"]
    keys.do("/switch", FORCE, 202)
    # At once: an engine that does not come up with the new key is no reason to wait.
    assert keys.do("/rollback", status=202)["signingPublicKey"] == old
    assert keys.states() == {old: "current", new: "next"}
    assert keys.route() == [old, new]
    assert keys.node.specs()[0]["signingKeyPem"] == pem
    keys.node.does_what_it_should()
    assert keys.do("/switch", FORCE, 202)["signingPublicKey"] == new
    assert keys.states() == {old: "previous", new: "current"}


def test_the_next_key_can_be_deleted_and_no_other(keys: Keys) -> None:
    first = keys.do(status=201)
    items = keys.person.get(keys.path).json()["items"]
    current = next(one["identityKeyId"] for one in items if one["state"] == "current")
    refused = keys.person.delete(f"{keys.path}/{current}")
    assert (refused.status_code, refused.json()["code"]) == (409, "identity_key_in_use")
    one = f"{keys.path}/{first['identityKeyId']}"
    assert keys.person.delete(one).status_code == 204
    assert keys.person.delete(one).status_code == 404
    assert keys.route() == [keys.shown()["signingPublicKey"]]
    assert keys.do(status=201)["publicKey"] != first["publicKey"]


def test_after_a_rollback_a_key_is_not_destroyed_under_the_engine(keys: Keys) -> None:
    new = keys.do(status=201)
    keys.do("/switch", FORCE, 202)
    keys.do("/rollback", status=202)
    one = f"{keys.path}/{new['identityKeyId']}"
    refused = keys.person.delete(one)
    assert (refused.status_code, refused.json()["code"]) == (409, "identity_key_in_use")
    keys.node.does_what_it_should()
    assert keys.person.delete(one).status_code == 204


@pytest.mark.parametrize(
    ("steps", "what", "code"),
    [
        ([], "/switch", "no_next_key"),
        ([], "/rollback", "no_previous_key"),
        ([], "/finish", "no_previous_key"),
        ([""], "", "next_key_exists"),
        ([""], "/rollback", "no_previous_key"),
        (["", "/switch"], "", "previous_key_exists"),
        (["", "/switch"], "/switch", "no_next_key"),
    ],
)
def test_what_is_refused_and_why(keys: Keys, steps: list[str], what: str, code: str) -> None:
    for step in steps:
        keys.do(step, FORCE if step else None, 202 if step else 201)
    states = keys.states()
    refused = keys.do(what, FORCE if what == "/switch" else None, 409)
    assert refused["code"] == code
    assert refused["message"].endswith(".")
    assert keys.states() == states


def test_a_deleted_environment_keeps_its_keys(keys: Keys, session: Session) -> None:
    keys.do(status=201)
    states = keys.states()
    assert keys.person.delete(keys.environment).status_code == 202
    for what in ("", "/switch", "/rollback", "/finish", "/check"):
        assert keys.do(what, status=409)["code"] == "environment_deleted"
    keys.node.does_what_it_should()
    keys.person.post(f"{keys.environment}/restore")
    assert keys.states() == states
    keys.person.delete(f"{keys.environment}?purge=true")
    keys.node.does_what_it_should()
    assert [row.sealed_private_key for row in session.scalars(select(IdentityKey))] == [None, None]
    assert keys.node.call("GET", f"/specs/{keys.environment_id}").json()["signingKeyPem"] is None


def test_the_same_request_again_publishes_one_key(keys: Keys) -> None:
    headers = {"idempotency-key": "once"}
    first, second = (keys.person.post(keys.path, headers=headers) for _ in range(2))
    assert (first.status_code, first.json()) == (201, second.json())


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("GET", "", Permission.IDENTITY_KEY_READ),
        ("GET", "/check", Permission.IDENTITY_KEY_READ),
        ("POST", "/check", Permission.SERVICE_PREFLIGHT),
        ("POST", "", Permission.IDENTITY_KEY_MANAGE),
        ("POST", "/switch", Permission.IDENTITY_KEY_MANAGE),
        ("POST", "/rollback", Permission.IDENTITY_KEY_MANAGE),
        ("POST", "/finish", Permission.IDENTITY_KEY_MANAGE),
        ("DELETE", "/idk_0", Permission.IDENTITY_KEY_MANAGE),
    ],
)
def test_every_principal_on_every_call(
    keys: Keys, signed_up: SignedUp, method: str, path: str, permission: Permission
) -> None:
    target, account = keys.path + path, keys.path.split("/")[2]
    assert keys.node.client.request(method, "/internal/v1/deployments").status_code in (401, 405)
    assert keys.person.client.request(method, API + target).status_code == 401
    stranger = signed_up("eve")
    own = stranger.account("own")
    for place in (target, target.replace(account, own)):
        assert stranger.call(method, place).status_code == 404
    for role in Role:
        answer = signed_up(role.value).joins(account, role).call(method, target)
        assert (answer.status_code == 403) == (permission not in ROLES[role]), f"{role}: {answer.text}"


def test_no_private_half_is_shown(keys: Keys) -> None:
    said = [keys.person.post(keys.path).text, keys.person.post(f"{keys.path}/switch", FORCE).text]
    said += [keys.person.get(keys.path).text, keys.person.get(keys.environment).text]
    assert not any("PRIVATE" in text or "sealed" in text for text in said)


def operation(keys: Keys, operation_id: str) -> tuple[str, str]:
    shown = keys.person.get(f"/operations/{operation_id}").json()
    return shown["kind"], shown["status"]

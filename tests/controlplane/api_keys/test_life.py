"""An API key's life through the API, and what becomes of its secret."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from controlplane.api_keys.roles import RULE
from controlplane.core import tokens
from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp

NEW = {"description": "checkout backend", "role": "ingress"}


@pytest.fixture
def ada(signed_up: SignedUp, node: Node) -> Person:
    assert node
    return signed_up()


@pytest.fixture
def keys(ada: Person) -> str:
    environments = f"/accounts/{ada.account()}/environments"
    env = ada.post(environments, {"name": "dev"}).json()["environmentId"]
    return f"{environments}/{env}/api-keys"


def test_the_secret_is_shown_once_and_only_its_digest_is_stored(ada: Person, keys: str, session: Session) -> None:
    made = ada.post(keys, NEW)
    assert made.status_code == 201
    body = made.json()
    assert body["secret"].startswith(body["keyId"] + ".")
    assert body["lastFour"] == body["secret"][-4:]
    listed = ada.get(keys).json()["items"]
    assert [item["keyId"] for item in listed] == [body["keyId"]]
    assert "secret" not in listed[0]
    stored = session.execute(text("SELECT row_to_json(k)::text FROM api_key k")).scalar_one()
    assert body["secret"].split(".")[1] not in stored
    assert tokens.digest(body["secret"]) in stored


@pytest.mark.usefixtures("committed")
def test_a_revoked_key_is_gone_from_the_list_and_from_the_edge(ada: Person, keys: str, node: Node) -> None:
    made = ada.post(keys, NEW).json()
    digest = tokens.digest(made["secret"])
    assert node.call("GET", "/edge/snapshot").json()["tables"]["principals"][digest]["role"] == "ingress"
    assert ada.delete(f"{keys}/{made['keyId']}").status_code == 204
    assert ada.get(keys).json()["items"] == []
    assert digest not in node.call("GET", "/edge/snapshot").json()["tables"]["principals"]
    assert ada.delete(f"{keys}/{made['keyId']}").status_code == 404


def test_a_stock_role_name_is_understood(ada: Person, keys: str) -> None:
    made = ada.post(keys, NEW | {"role": "rst:role::FullAccess"})
    assert made.json()["role"] == "full"


def test_an_unknown_role_is_refused_with_the_rule(ada: Person, keys: str) -> None:
    refused = ada.post(keys, NEW | {"role": "god"})
    assert refused.status_code == 422
    assert RULE in refused.json()["message"]
    assert ada.get(keys).json()["items"] == []


@pytest.mark.parametrize(
    ("expires_at", "status", "code"),
    [
        ("2001-01-01T00:00:00Z", 400, "expiry_in_past"),
        ("2901-01-01T00:00:00", 422, "invalid_request"),
        ("soon", 422, "invalid_request"),
        ("9999-12-31T23:59:59-12:00", 422, "invalid_request"),
        ("9999-12-31T23:59:59Z", 422, "invalid_request"),
        ("0001-01-01T00:00:00+12:00", 422, "invalid_request"),
        (4102444800, 422, "invalid_request"),
    ],
)
def test_expiry_must_be_a_time_to_come_that_everyone_can_read(
    ada: Person, keys: str, expires_at: object, status: int, code: str
) -> None:
    refused = ada.post(keys, NEW | {"expiresAt": expires_at})
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert ada.get(keys).json()["items"] == []


def test_times_are_shown_in_utc_from_the_first_answer_on(ada: Person, keys: str) -> None:
    made = ada.post(keys, NEW | {"expiresAt": "2901-01-01T02:00:00.5+02:00"}).json()
    assert made["expiresAt"] == "2901-01-01T00:00:00.500Z"
    assert ada.get(keys).json()["items"][0]["expiresAt"] == made["expiresAt"]


@pytest.mark.parametrize("description", ["", "  ", "a\0b", "a\x1b[31mb", "a\nb", "a\u202eb", "x" * 201, 1])
def test_a_description_is_a_line_that_a_terminal_can_show(ada: Person, keys: str, description: object) -> None:
    refused = ada.post(keys, NEW | {"description": description})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert ada.get(keys).json()["items"] == []


@pytest.mark.usefixtures("committed")
def test_an_expired_key_leaves_the_snapshot(
    ada: Person, keys: str, node: Node, later: Callable[[timedelta], None]
) -> None:
    expires_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    digest = tokens.digest(ada.post(keys, NEW | {"expiresAt": expires_at}).json()["secret"])
    assert digest in node.call("GET", "/edge/snapshot").json()["tables"]["principals"]
    later(timedelta(hours=2))
    assert digest not in node.call("GET", "/edge/snapshot").json()["tables"]["principals"]


def test_last_use_moves_forward_only(ada: Person, keys: str, node: Node) -> None:
    made = ada.post(keys, NEW).json()
    assert made["lastUsedAt"] is None
    for at in ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"):
        assert node.call("POST", "/edge/usage", json={"keys": {made["keyId"]: at}}).status_code == 204
    assert ada.get(keys).json()["items"][0]["lastUsedAt"] == "2026-01-02T00:00:00.000Z"


def test_a_deleted_environment_gets_no_new_keys(ada: Person, keys: str) -> None:
    assert ada.delete(keys.removesuffix("/api-keys")).status_code == 202
    refused = ada.post(keys, NEW)
    assert (refused.status_code, refused.json()["code"]) == (409, "environment_deleted")


@pytest.mark.usefixtures("committed")
def test_purge_revokes_every_key(ada: Person, keys: str, node: Node) -> None:
    digest = tokens.digest(ada.post(keys, NEW).json()["secret"])
    ada.delete(keys.removesuffix("/api-keys") + "?purge=true")
    node.does_what_it_should()
    tables = node.call("GET", "/edge/snapshot").json()["tables"]
    assert digest not in tables["principals"]
    assert tables["routes"] == {}


def test_a_repeated_creation_with_an_idempotency_key_gives_the_same_secret(ada: Person, keys: str) -> None:
    answers = [ada.post(keys, NEW, headers={"idempotency-key": "once"}).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(ada.get(keys).json()["items"]) == 1

"""What edges saw pass to engines stands in the account's chain, once, under the names of who did it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.audit import verification
from controlplane.core import tokens
from controlplane.edge_audit.actions import OTHER, action_of
from tests.controlplane.node import Node, internal_client
from tests.controlplane.people import Person, SignedUp


@dataclass
class World:
    ada: Person
    node: Node
    account_id: str
    environment_id: str

    def told(self, *calls: dict[str, Any], node: Node | None = None, status: int = 204) -> None:
        answer = (node or self.node).call("POST", "/audit", json={"items": list(calls)})
        assert answer.status_code == status, answer.text

    def call(self, number: int = 1, **more: Any) -> dict[str, Any]:
        return {
            "id": f"{number:032x}",
            "at": f"2026-01-01T00:00:00.{number:03}Z",
            "environmentId": self.environment_id,
            "kind": "api_key",
            "actor": "key_1",
            "address": "192.0.2.1",
            "userAgent": "curl/8",
            "method": "PATCH",
            "path": "/invocations/inv_1/kill",
            "status": 200,
            **more,
        }

    def events(self) -> list[dict[str, Any]]:
        """Those of engines, as the chain has them."""
        items = self.ada.get(f"/accounts/{self.account_id}/audit-events", params={"action": "engine.*"}).json()["items"]
        return sorted(items, key=lambda item: item["sequence"])


@pytest.fixture
def world(signed_up: SignedUp, node: Node) -> World:
    ada = signed_up()
    account_id = ada.account()
    made = ada.post(f"/accounts/{account_id}/environments", {"name": "dev"})
    return World(ada, node, account_id, made.json()["environmentId"])


def test_a_call_becomes_an_event(world: World, session: Session) -> None:
    world.told(world.call())
    (event,) = world.events()
    assert (event["action"], event["actor"], event["credential"]) == ("engine.invocation.kill", "key_1", "key_1")
    assert (event["target"], event["address"], event["userAgent"]) == (world.environment_id, "192.0.2.1", "curl/8")
    assert (event["at"], event["result"], event["requestId"]) == ("2026-01-01T00:00:00.001Z", "ok", f"{1:032x}")
    assert event["details"] == {"method": "PATCH", "path": "/invocations/inv_1/kill", "status": 200}
    assert verification.verify(session, world.account_id).finding is None


def test_it_is_kept_once_however_often_it_is_told(world: World, session: Session) -> None:
    world.told(world.call(1), world.call(1))
    world.told(world.call(1, status=500), world.call(2))
    assert [(event["requestId"], event["result"]) for event in world.events()] == [
        (f"{1:032x}", "ok"),
        (f"{2:032x}", "ok"),
    ]
    assert verification.verify(session, world.account_id).finding is None


def test_calls_are_in_the_order_they_began(world: World) -> None:
    world.told(world.call(3), world.call(1), world.call(2))
    assert [event["requestId"][-1] for event in world.events()] == ["1", "2", "3"]


def test_a_person_is_named_with_the_token_they_used(world: World) -> None:
    ada = world.ada
    used = {"kind": "user", "actor": ada.user_id, "digest": tokens.digest(ada.token)}
    world.told(world.call(1, **used), world.call(2, **used | {"digest": "x" * 43}))
    first, second = world.events()
    assert first["actor"] == ada.user_id
    assert first["credential"].startswith("tok_")
    assert second["credential"] is None


def test_what_is_done_in_an_engine_ui_is_named_with_its_session(world: World) -> None:
    ada = world.ada
    path = f"/accounts/{world.account_id}/environments/{world.environment_id}/ui-sessions"
    code = ada.post(path).json()["url"].partition("code=")[2]
    given = world.node.call("POST", "/ui-sessions", json={"environmentId": world.environment_id, "code": code}).json()
    cookie = f"{given['name']}={given['value']}"
    world.told(world.call(1, kind="user", actor=ada.user_id, digest=tokens.digest(cookie)))
    (event,) = world.events()
    session = next(one for one in ada.get("/auth/sessions").json()["items"] if one["current"])
    assert (event["actor"], event["credential"][:4]) == (ada.user_id, "tok_")
    assert (event["details"]["from"], event["details"]["session"]) == ("engine UI", session["sessionId"])


def test_a_job_is_named_with_its_token(world: World) -> None:
    world.told(world.call(1, kind="workload", actor="usr_1", credential="tok_1"))
    (event,) = world.events()
    assert (event["actor"], event["credential"]) == ("usr_1", "tok_1")


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (200, "ok"), (202, "ok"), (304, "ok"), (404, "refused"), (409, "refused"), (500, "failed"), (503, "failed"),
        (None, "unknown"), (499, "unknown"), (502, "unknown"), (504, "unknown"), (401, "unknown"), (403, "unknown"),
    ],
)  # fmt: skip
def test_the_result_says_what_is_known(world: World, status: int | None, result: str) -> None:
    world.told(world.call(1, status=status))
    assert world.events()[0]["result"] == result


def test_another_runner_s_environments_are_passed_over(world: World, client: TestClient) -> None:
    with internal_client() as internal:
        world.told(world.call(1), node=Node.register(internal, "other"))
    world.told(world.call(2, environmentId="env_" + "0" * 27), world.call(3))
    assert [event["requestId"][-1] for event in world.events()] == ["3"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "x"},
        {"actor": "a b"},
        {"environmentId": "env_1"},
        {"kind": "operator"},
        {"path": "/" + "x" * 400},
        {"status": 99},
        {"more": 1},
    ],
)
def test_what_is_not_understood_is_refused_whole(world: World, wrong: dict[str, Any]) -> None:
    world.told(world.call(1), world.call(2, **wrong), status=422)
    assert world.events() == []


def test_what_a_terminal_would_obey_is_not_kept(world: World) -> None:
    world.told(world.call(1, path="/x\n\x1b[2J\u202e", userAgent="\u0007ä"))
    (event,) = world.events()
    assert event["details"]["path"] == "/x??[2J?"
    assert event["userAgent"] == "??"


def test_only_runners_tell(world: World) -> None:
    stranger = Node(world.node.client, "not a credential")
    world.told(world.call(), node=stranger, status=401)


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("POST", "/deployments", "engine.deployment.register"),
        ("POST", "/v3/deployments", "engine.deployment.register"),
        ("PUT", "/deployments/dp_1", "engine.deployment.update"),
        ("PATCH", "/invocations/inv_1/restart-as-new", "engine.invocation.restart_as_new"),
        ("POST", "/internal/invocations_batch_operations/purge-journal", "engine.invocations.purge_journal"),
        ("POST", "/query", "engine.query"),
        ("POST", "/of/a/newer/engine", OTHER),
    ],
)
def test_names(method: str, path: str, action: str) -> None:
    assert action_of(method, path) == action

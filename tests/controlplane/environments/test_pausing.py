"""An environment that is paused and woken, with the wire's double in place of a node."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from controlplane.core.ids import label
from controlplane.edge_log.models import EdgeChange
from controlplane.provisioning import tasks
from tests.controlplane.environments.test_life import Made
from tests.controlplane.node import Node
from tests.controlplane.people import SignedUp


@pytest.fixture
def made(signed_up: SignedUp, node: Node) -> Made:
    environment = Made(signed_up(), node)
    node.does_what_it_should()
    return environment


def change(made: Made, what: str) -> dict[str, Any]:
    answer = made.person.post(f"{made.path}/{what}")
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    return body


def at_the_edge(session: Session, made: Made) -> str:
    """The status that edges were told last."""
    query = select(EdgeChange).where(EdgeChange.table_name == "routes", EdgeChange.entry == label(made.id))
    last = session.scalars(query.order_by(EdgeChange.sequence.desc())).first()
    assert last is not None
    assert last.value is not None
    return str(last.value["status"])


def test_paused_and_woken_with_steps(made: Made, session: Session) -> None:
    paused = change(made, "pause")
    assert (paused["status"], paused["pausedAt"] is None) == ("SUSPENDED", False)
    assert "timers wait" in paused["statusReason"]
    assert at_the_edge(session, made) == "OFF"
    spec = made.node.specs()[0]
    assert (spec["desired"], spec["gently"], spec["signingKeyPem"] is None) == ("STOPPED", True, False)
    steps = made.operation(paused)["steps"]
    assert [(step["name"], step["status"]) for step in steps] == [
        ("close_edge", "SUCCEEDED"),
        ("stop_engine", "RUNNING"),
    ]
    made.node.does_what_it_should()
    assert made.operation(paused)["status"] == "SUCCEEDED"
    assert made.now()["status"] == "SUSPENDED"

    woken = change(made, "wake")
    assert (woken["status"], woken["pausedAt"], woken["statusReason"]) == ("PENDING", None, None)
    assert at_the_edge(session, made) == "ON"
    assert (made.node.specs()[0]["desired"], made.node.specs()[0]["gently"]) == ("RUNNING", False)
    made.node.does_what_it_should()
    assert made.now()["status"] == "ACTIVE"
    assert [step["name"] for step in made.operation(woken)["steps"]] == ["open_edge", "start_engine", "verify_ready"]
    assert made.operation(woken)["status"] == "SUCCEEDED"


def test_what_is_so_already_is_answered_with_the_change_that_made_it_so(made: Made) -> None:
    assert change(made, "wake")["operationId"] == made.created["operationId"]
    first = change(made, "pause")
    again = change(made, "pause")
    assert (again["operationId"], again["pausedAt"]) == (first["operationId"], first["pausedAt"])
    assert len(made.person.get(f"{made.path}/operations").json()["items"]) == 2


def test_the_same_request_again_is_answered_as_the_first(made: Made) -> None:
    """Who never heard the answer must not pause what somebody has woken meanwhile."""
    headers = {"idempotency-key": "once"}
    first = made.person.post(f"{made.path}/pause", headers=headers)
    change(made, "wake")
    assert made.person.post(f"{made.path}/pause", headers=headers).json() == first.json()
    assert made.now()["status"] == "PENDING"


def test_one_that_is_still_starting_or_does_not_start_can_be_paused(signed_up: SignedUp, node: Node) -> None:
    starting = Made(signed_up(), node)
    change(starting, "pause")
    assert starting.operation(starting.created)["status"] == "CANCELLED"
    change(starting, "wake")
    node.report(starting.id, "FAILED", 3, "The disk is full.")
    assert (starting.now()["status"], change(starting, "wake")["status"]) == ("FAILED", "FAILED")
    assert change(starting, "pause")["status"] == "SUSPENDED"


def test_a_late_report_of_the_running_engine_wakes_nothing(made: Made) -> None:
    change(made, "pause")
    made.node.report(made.id, "READY", 1)
    made.node.report(made.id, "READY", 2)
    made.node.report(made.id, "FAILED", 2, "It does not end.")
    assert made.now()["status"] == "SUSPENDED"


def test_one_that_was_paused_is_restored_paused(made: Made, session: Session) -> None:
    paused = change(made, "pause")
    made.node.does_what_it_should()
    assert made.person.delete(made.path).json()["pausedAt"] == paused["pausedAt"]
    for what in ("pause", "wake"):
        refused = made.person.post(f"{made.path}/{what}")
        assert (refused.status_code, refused.json()["code"]) == (409, "environment_deleted")
    made.node.does_what_it_should()
    restored = made.person.post(f"{made.path}/restore").json()
    assert (restored["status"], restored["pausedAt"]) == ("SUSPENDED", paused["pausedAt"])
    assert (at_the_edge(session, made), made.node.specs()[0]["desired"]) == ("OFF", "STOPPED")
    made.node.does_what_it_should()
    assert made.operation(restored)["status"] == "SUCCEEDED"
    change(made, "wake")
    made.node.does_what_it_should()
    assert made.now()["status"] == "ACTIVE"


def test_a_paused_one_is_destroyed_and_nothing_wakes_it_then(made: Made) -> None:
    change(made, "pause")
    made.person.delete(f"{made.path}?purge=true")
    for what in ("pause", "wake"):
        assert made.person.post(f"{made.path}/{what}").json()["code"] == "purge_in_progress"
    made.node.does_what_it_should()
    assert made.person.get(made.path).status_code == 404


def test_it_can_be_changed_while_it_is_paused(made: Made, session: Session) -> None:
    change(made, "pause")
    made.node.does_what_it_should()
    limits = {"requestsPerSecond": 5, "requestSizeLimitBytes": 1_000_000}
    assert made.person.call("PATCH", f"{made.path}/limits", json=limits).status_code == 200
    assert made.person.call("PATCH", made.path, json={"readOnly": True}).status_code == 200
    assert made.person.post(f"{made.path}/api-keys", {"description": "d", "role": "full"}).status_code == 201
    assert made.person.post(f"{made.path}/identity-keys").status_code == 201
    untried = made.person.post(f"{made.path}/identity-keys/switch", {})
    assert (untried.status_code, untried.json()["code"]) == (409, "environment_paused")
    assert made.person.post(f"{made.path}/identity-keys/switch", {"force": True}).status_code == 202
    made.node.does_what_it_should()
    assert (made.now()["status"], at_the_edge(session, made)) == ("SUSPENDED", "OFF")
    assert made.node.specs()[0]["requestSizeLimitBytes"] == 1_000_000


def test_it_still_counts_as_one_of_the_accounts(made: Made) -> None:
    change(made, "pause")
    taken = made.person.post(made.environments, {"name": "dev"})
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")


def test_the_sweep_reminds_the_runner_of_a_pause_until_it_is_confirmed(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(tasks, "send", lambda _task, environment_id, queue: sent.append(environment_id))
    change(made, "pause")
    tasks.nudge_unsettled()
    made.node.does_what_it_should()
    tasks.nudge_unsettled()
    assert sent == [made.id]

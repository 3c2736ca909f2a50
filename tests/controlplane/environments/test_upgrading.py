"""An environment's engine version: where it may go, and back when the new one does not come up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from controlplane.environments.versions import newer
from tests.controlplane.environments.test_life import Made
from tests.controlplane.node import Node
from tests.controlplane.people import SignedUp

NOW, NEXT, LATER = "1.7.12", "1.7.13", "1.8.0"


@pytest.mark.parametrize(
    ("versions", "wanted"),
    [
        (["1.7.12", "1.7.13", "1.7.9", "1.8.0", "1.7.100"], ["1.8.0", "1.7.100", "1.7.13"]),
        (["1.6.99", "1.9.0", "2.0.0", "2.7.13", "0.9.9"], []),
        (["1.8.0-rc.1", "1.8", "v1.8.0", "", "1.8.0 ", "latest"], []),
    ],
)
def test_only_newer_releases_at_most_one_minor_on_are_offered(versions: list[str], wanted: list[str]) -> None:
    assert newer(NOW, versions) == wanted


def test_from_a_version_that_is_no_release_nothing_is_offered() -> None:
    assert newer("nightly", [NEXT]) == []


def offers(node: Node, versions: Sequence[str]) -> None:
    beat = {"engines": 1, "version": "1", "engineVersions": list(versions)}
    assert node.call("POST", "/heartbeat", json=beat).status_code == 204


@pytest.fixture
def made(signed_up: SignedUp, node: Node) -> Made:
    environment = Made(signed_up(), node)
    node.does_what_it_should()
    offers(node, [NOW, NEXT, LATER, "1.7.1"])
    return environment


def test_a_heartbeat_with_a_strange_version_is_still_a_sign_of_life(made: Made) -> None:
    offers(made.node, [NEXT, "", "../../bin", "x" * 40, "1.7.14\n"])
    assert versions(made)["newer"] == [NEXT]


def upgrade(made: Made, version: str, status: int = 202) -> dict[str, Any]:
    answer = made.person.post(f"{made.path}/upgrade", {"version": version})
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


def versions(made: Made) -> dict[str, Any]:
    body: dict[str, Any] = made.person.get(f"{made.path}/versions").json()
    return body


def test_upgraded_with_steps(made: Made) -> None:
    assert versions(made) == {"current": NOW, "newer": [LATER, NEXT]}
    changed = upgrade(made, NEXT)
    assert (changed["engineVersion"], changed["status"]) == (NEXT, "ACTIVE")
    spec = made.node.specs()[0]
    assert (spec["engineVersion"], spec["generation"]) == (NEXT, 2)
    steps = [(step["name"], step["status"]) for step in made.operation(changed)["steps"]]
    assert steps == [("change_version", "SUCCEEDED"), ("restart_engine", "RUNNING"), ("verify_ready", "PENDING")]
    made.node.does_what_it_should()
    assert made.operation(changed)["status"] == "SUCCEEDED"
    assert versions(made) == {"current": NEXT, "newer": [LATER]}
    assert upgrade(made, NEXT)["operationId"] == changed["operationId"]


@pytest.mark.parametrize("version", [LATER.replace("8", "9"), "1.7.1", "1.7.99", "latest"])
def test_what_is_not_offered_is_refused_with_what_is(made: Made, version: str) -> None:
    refused = upgrade(made, version, 409)
    assert refused["code"] == "version_not_offered"
    assert refused["message"].endswith(f"It may go to {LATER}, {NEXT}.")
    offers(made.node, [NOW])
    assert "its node has none" in upgrade(made, NEXT, 409)["message"]
    assert made.node.specs()[0]["generation"] == 1


@pytest.mark.parametrize("version", ["", "../1.7.13", "1.7.13\n", "x" * 40, None, 1.7])
def test_what_is_no_version_is_refused(made: Made, version: Any) -> None:
    assert upgrade(made, version, 422)["code"] == "invalid_request"


def test_a_version_that_does_not_come_up_is_left_again(made: Made) -> None:
    changed = upgrade(made, NEXT)
    made.node.report(made.id, "STARTING", 2)
    made.node.report(made.id, "FAILED", 2, "The engine ended with status 1.")
    failed = made.operation(changed)
    said = f"{NEXT} does not come up, so {NOW} is started again. The engine ended with status 1."
    assert (failed["status"], failed["error"]) == ("FAILED", said)
    spec = made.node.specs()[0]
    assert (spec["engineVersion"], spec["generation"]) == (NOW, 3)
    undone = made.person.get(f"{made.path}/operations").json()["items"][0]
    assert (undone["kind"], undone["status"]) == ("environment.undo_upgrade", "RUNNING")
    made.node.report(made.id, "FAILED", 2, "late")
    made.node.does_what_it_should()
    assert (made.now()["status"], made.now()["engineVersion"]) == ("ACTIVE", NOW)
    assert made.node.specs()[0]["generation"] == 3


def test_after_two_upgrades_at_once_the_version_that_ran_last_is_the_way_back(made: Made) -> None:
    upgrade(made, NEXT)
    upgrade(made, LATER)
    made.node.report(made.id, "FAILED", 3, "no")
    assert made.node.specs()[0]["engineVersion"] == NOW


def test_no_second_upgrade_leads_further_from_the_way_back_than_data_does(made: Made) -> None:
    """Neither has been ready, and yet both may have written."""
    offers(made.node, [NEXT, LATER, "1.8.1", "1.9.0"])
    upgrade(made, LATER)
    assert versions(made)["newer"] == ["1.8.1"]
    said = upgrade(made, "1.9.0", 409)["message"]
    assert f"its upgrade from {NOW} has not ended" in said
    assert said.endswith("It may go to 1.8.1.")
    assert "upgrade from" not in upgrade(made, "2.0.0", 409)["message"]
    made.node.report(made.id, "READY", 2)
    assert versions(made)["newer"] == ["1.9.0", "1.8.1"]


@pytest.mark.parametrize("version", ["1.9.0", "2.0.0"])
def test_while_an_upgrade_narrows_what_is_offered_the_node_is_not_said_to_have_none(made: Made, version: str) -> None:
    offers(made.node, [LATER, "1.9.0"])
    upgrade(made, LATER)
    said = upgrade(made, version, 409)["message"]
    assert f"cannot go to {version}{' yet' if version == '1.9.0' else ', and for now to no other version'}: " in said
    assert f"its upgrade from {NOW} has not ended" in said
    assert "node has none" not in said
    made.node.report(made.id, "READY", 2)
    assert upgrade(made, "2.0.0", 409)["message"].endswith("It may go to 1.9.0.")


def test_what_is_newer_but_too_far_on_is_not_said_to_be_missing(made: Made) -> None:
    offers(made.node, ["1.9.0"])
    said = upgrade(made, "1.9.0", 409)["message"]
    assert "at most one minor on, may follow, and its node has none" in said
    assert "upgrade from" not in said


def test_once_it_has_been_ready_nothing_leads_back(made: Made) -> None:
    upgrade(made, NEXT)
    made.node.report(made.id, "READY", 2)
    made.node.report(made.id, "FAILED", 2, "The disk is full.")
    assert (made.now()["status"], made.node.specs()[0]["engineVersion"]) == ("FAILED", NEXT)
    assert made.node.specs()[0]["generation"] == 2


def test_paused_before_it_was_ready_it_still_finds_the_way_back(made: Made) -> None:
    upgrade(made, NEXT)
    made.person.post(f"{made.path}/pause")
    assert upgrade(made, LATER, 409)["code"] == "environment_paused"
    made.node.does_what_it_should()
    made.person.post(f"{made.path}/wake")
    made.node.report(made.id, "FAILED", 4, "no")
    assert made.node.specs()[0]["engineVersion"] == NOW


def test_a_deleted_environment_is_not_upgraded(made: Made) -> None:
    made.person.delete(made.path)
    assert upgrade(made, NEXT, 409)["code"] == "environment_deleted"
    made.person.delete(f"{made.path}?purge=true")
    assert upgrade(made, NEXT, 409)["code"] == "purge_in_progress"

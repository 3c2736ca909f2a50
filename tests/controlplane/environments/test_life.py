"""An environment's life through the API, with the wire's double in place of a node."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from controlplane.core.names import RULE
from controlplane.environments.models import IdentityKey
from controlplane.provisioning import tasks
from controlplane.settings import settings
from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp


class Made:
    """One environment of `ada`, and short ways to look at it."""

    def __init__(self, person: Person, node: Node, name: str = "dev") -> None:
        self.person, self.node, self.account_id = person, node, person.account()
        self.environments = f"/accounts/{self.account_id}/environments"
        answer = person.post(self.environments, {"name": name})
        assert answer.status_code == 202, answer.text
        self.created = answer.json()
        self.id: str = self.created["environmentId"]
        self.path = f"{self.environments}/{self.id}"

    def now(self) -> dict[str, Any]:
        body: dict[str, Any] = self.person.get(self.path).json()
        return body

    def operation(self, change: dict[str, Any]) -> dict[str, Any]:
        body: dict[str, Any] = self.person.get(f"/operations/{change['operationId']}").json()
        return body


@pytest.fixture
def made(signed_up: SignedUp, node: Node) -> Made:
    return Made(signed_up(), node)


def test_a_created_environment_is_pending_with_addresses_key_and_operation(made: Made) -> None:
    shown = made.created
    assert (shown["status"], shown["name"], shown["region"]) == ("PENDING", "dev", "local")
    assert shown["signingPublicKey"].startswith("publickeyv1_")
    assert shown["ingressBaseUrl"] == f"http://127.0.0.1:{settings().environment_ports_from}"
    assert len(made.id) == len("env_") + 27
    steps = made.operation(shown)["steps"]
    assert [(step["name"], step["status"]) for step in steps] == [
        ("reserve", "SUCCEEDED"),
        ("start_engine", "RUNNING"),
        ("verify_ready", "PENDING"),
    ]


def test_the_nodes_report_makes_it_active_and_ends_the_operation(made: Made) -> None:
    made.node.report(made.id, "STARTING", 1)
    assert made.now()["status"] == "PENDING"
    made.node.report(made.id, "READY", 1)
    assert (made.now()["status"], made.now()["statusReason"]) == ("ACTIVE", None)
    operation = made.operation(made.created)
    assert operation["status"] == "SUCCEEDED"
    assert all(step["status"] == "SUCCEEDED" and step["endedAt"] for step in operation["steps"])


def test_a_failing_engine_is_explained_and_may_still_recover(made: Made) -> None:
    made.node.report(made.id, "FAILED", 1, "The disk is full.")
    assert (made.now()["status"], made.now()["statusReason"]) == ("FAILED", "The disk is full.")
    operation = made.operation(made.created)
    assert operation["error"] == "The disk is full."
    assert [step["status"] for step in operation["steps"]] == ["SUCCEEDED", "FAILED", "PENDING"]
    assert operation["steps"][2]["startedAt"] is None
    made.node.report(made.id, "READY", 1)
    assert made.now()["status"] == "ACTIVE"
    assert made.operation(made.created)["status"] == "SUCCEEDED"


def test_reports_of_another_generation_or_an_unknown_environment_change_nothing(made: Made) -> None:
    made.node.report(made.id, "READY", 2)
    made.node.report(made.id, "READY", 0)
    made.node.report("env_" + "0" * 27, "READY", 1)
    assert made.now()["status"] == "PENDING"


def test_delete_stops_restore_brings_back_the_same_environment(made: Made) -> None:
    made.node.does_what_it_should()
    deleted = made.person.delete(made.path)
    assert (deleted.status_code, deleted.json()["status"]) == (202, "DELETED")
    assert made.node.specs()[0]["desired"] == "STOPPED"
    made.node.does_what_it_should()
    assert made.operation(deleted.json())["status"] == "SUCCEEDED"
    again = made.person.delete(made.path)
    assert (again.status_code, again.json()["code"]) == (409, "environment_deleted")

    restored = made.person.post(f"{made.path}/restore")
    assert (restored.status_code, restored.json()["status"]) == (202, "PENDING")
    made.node.does_what_it_should()
    now = made.now()
    assert now["status"] == "ACTIVE"
    for kept in ("environmentId", "ingressBaseUrl", "signingPublicKey"):
        assert now[kept] == made.created[kept]
    assert made.person.post(f"{made.path}/restore").json()["code"] == "environment_not_deleted"


def test_purge_destroys_keys_and_frees_name_and_ports(made: Made, session: Session) -> None:
    made.node.does_what_it_should()
    purged = made.person.delete(f"{made.path}?purge=true")
    assert purged.status_code == 202
    spec = made.node.specs()[0]
    assert (spec["desired"], spec["signingKeyPem"]) == ("ABSENT", None)
    assert made.person.post(f"{made.path}/restore").json()["code"] == "purge_in_progress"
    assert made.person.post(made.environments, {"name": "dev"}).status_code == 409
    made.node.does_what_it_should()
    assert made.person.get(made.path).status_code == 404
    assert made.operation(purged.json())["status"] == "SUCCEEDED"
    assert made.node.specs() == []
    assert all(key.sealed_private_key is None for key in session.query(IdentityKey))
    anew = made.person.post(made.environments, {"name": "dev"}).json()
    assert anew["ingressBaseUrl"] == made.created["ingressBaseUrl"]
    assert anew["environmentId"] != made.id


def test_a_deleted_environment_is_purged_by_the_sweep_when_its_days_are_over(
    made: Made, later: Callable[[timedelta], None]
) -> None:
    made.person.delete(made.path)
    tasks.purge_due()
    assert made.node.specs()[0]["desired"] == "STOPPED"
    later(timedelta(days=settings().deleted_environment_days, seconds=1))
    tasks.purge_due()
    tasks.purge_due()
    with_spec = made.node.specs()[0]
    assert (with_spec["desired"], with_spec["generation"]) == ("ABSENT", 3)


def test_a_newer_change_cancels_the_operation_before_it(made: Made) -> None:
    made.person.delete(made.path)
    assert made.operation(made.created)["status"] == "CANCELLED"


def test_the_sweep_finds_what_is_not_confirmed(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, ...]] = []
    monkeypatch.setattr(tasks, "send", lambda task, *ids, queue: sent.append((task, *ids, queue)))
    tasks.nudge_unsettled()
    assert sent == [("runner.converge", made.id, "runner.local")]
    made.node.does_what_it_should()
    tasks.nudge_unsettled()
    assert len(sent) == 1


@pytest.mark.parametrize("name", ["", "Dev", "a--b", "-a", "a-", "a_b", "a" * 40, "ä"])
def test_bad_names_are_refused_with_the_rule_and_nothing_is_made(made: Made, name: str) -> None:
    refused = made.person.post(made.environments, {"name": name})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert RULE in refused.json()["message"]
    assert len(made.person.get(made.environments).json()["items"]) == 1


def test_a_taken_name_an_unknown_region_and_an_unknown_field_are_refused(made: Made) -> None:
    taken = made.person.post(made.environments, {"name": "dev"})
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
    region = made.person.post(made.environments, {"name": "b", "region": "mars"})
    assert (region.status_code, region.json()["code"]) == (400, "unknown_region")
    assert "local" in region.json()["message"]
    assert made.person.post(made.environments, {"name": "b", "size": 1}).status_code == 422
    assert len(made.person.get(made.environments).json()["items"]) == 1


def test_a_name_held_by_a_deleted_environment_says_how_to_free_it(made: Made) -> None:
    made.person.delete(made.path)
    taken = made.person.post(made.environments, {"name": "dev"}).json()
    assert "Restore it, or purge it" in taken["message"]


def test_pages_of_environments(made: Made) -> None:
    for name in ("b", "c"):
        assert made.person.post(made.environments, {"name": name}).status_code == 202
    first = made.person.get(f"{made.environments}?limit=2").json()
    second = made.person.get(f"{made.environments}?limit=2&after={first['next']}").json()
    assert [item["name"] for item in first["items"] + second["items"]] == ["dev", "b", "c"]
    assert second["next"] is None


def test_the_limit_and_a_full_region_are_said_plainly(
    signed_up: SignedUp, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Made(signed_up(), node)
    node.call("POST", "/heartbeat", json={"engines": 100, "version": "1"})
    full = made.person.post(made.environments, {"name": "b"})
    assert (full.status_code, full.json()["code"]) == (503, "no_capacity")
    limited = settings().model_copy(update={"environments_per_account": 1})
    monkeypatch.setattr("controlplane.environments.service.settings", lambda: limited)
    refused = made.person.post(made.environments, {"name": "b"})
    assert (refused.status_code, refused.json()["code"]) == (409, "environment_limit_reached")


def test_a_repeated_creation_with_an_idempotency_key_makes_one(made: Made) -> None:
    key = {"idempotency-key": "once"}
    answers = [made.person.post(made.environments, {"name": "b"}, headers=key) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {202}
    assert answers[0].json() == answers[1].json()


def test_no_environment_is_given_a_port_of_the_plane_itself(
    signed_up: SignedUp, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = settings().environment_ports_from
    close = settings().model_copy(update={"admin_port": first + 1, "relay_port": first + 4})
    monkeypatch.setattr("controlplane.environments.addresses.settings", lambda: close)
    made = Made(signed_up(), node)
    second = made.person.post(made.environments, {"name": "b"}).json()
    assert made.created["ingressBaseUrl"].endswith(f":{first + 2}")
    assert second["ingressBaseUrl"].endswith(f":{first + 6}")


def test_an_environment_is_found_by_its_name(made: Made) -> None:
    made.person.post(made.environments, {"name": "dev-2"})

    def named(name: str) -> list[str]:
        items = made.person.get(made.environments, params={"name": name}).json()["items"]
        return [one["name"] for one in items]

    assert [named("dev"), named("de"), named("dev%"), named("")] == [["dev"], [], [], []]
    made.node.report(made.id, "READY", 1)
    made.person.delete(made.path)
    assert named("dev") == ["dev"]


def test_an_environments_changes_newest_first(made: Made) -> None:
    assert made.person.post(made.environments, {"name": "other"}).status_code == 202
    made.node.report(made.id, "READY", 1)
    deleted = made.person.delete(made.path).json()
    first = made.person.get(f"{made.path}/operations", params={"limit": 1}).json()
    assert first["items"] == [made.operation(deleted)]
    rest = made.person.get(f"{made.path}/operations", params={"after": first["next"]}).json()
    assert rest == {"items": [made.operation(made.created)], "next": None}

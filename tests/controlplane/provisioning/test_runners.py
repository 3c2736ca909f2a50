"""What one runner may see and say of another's environments."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from psycopg.errors import LockNotAvailable
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from controlplane.provisioning import service
from controlplane.provisioning.schemas import Report
from controlplane.runners.models import Runner
from tests.controlplane.node import Node
from tests.controlplane.people import SignedUp


def test_a_runner_sees_and_moves_only_its_own_environments(signed_up: SignedUp, node: Node) -> None:
    ada = signed_up()
    environments = f"/accounts/{ada.account()}/environments"
    env = ada.post(environments, {"name": "dev"}).json()["environmentId"]
    other = Node.register(node.client, "other", region="other")
    assert other.specs() == []
    assert other.call("GET", f"/specs/{env}").status_code == 404
    other.report(env, "READY", 1)
    assert ada.get(f"{environments}/{env}").json()["status"] == "PENDING"
    spec = node.call("GET", f"/specs/{env}").json()
    assert spec == node.specs()[0]
    assert "BEGIN PRIVATE KEY" in spec["signingKeyPem"]


def test_a_heartbeat_is_noted(session: Session, node: Node) -> None:
    assert node.call("POST", "/heartbeat", json={"engines": 3, "version": "1.0"}).status_code == 204
    runner = session.get_one(Runner, "local", populate_existing=True)
    assert (runner.engines, runner.version) == (3, "1.0")
    assert runner.heartbeat_at is not None


def test_registering_again_changes_the_credential_and_nothing_else(session: Session, node: Node) -> None:
    Node.register(node.client, "local", capacity=7)
    assert session.get_one(Runner, "local", populate_existing=True).capacity == 7


def test_malformed_reports_are_refused_whole(node: Node) -> None:
    items = [{"environmentId": "env_1", "generation": 1, "state": "DANCING"}]
    assert node.call("POST", "/reports", json={"items": items}).status_code == 422


def test_a_reason_may_hold_what_a_database_does_not_store(signed_up: SignedUp, node: Node) -> None:
    ada = signed_up()
    environments = f"/accounts/{ada.account()}/environments"
    env = ada.post(environments, {"name": "dev"}).json()["environmentId"]
    node.report(env, "FAILED", 1, "\0bad page " + "x" * 600)
    shown = ada.get(f"{environments}/{env}").json()
    assert (shown["status"], shown["statusReason"][:9], len(shown["statusReason"])) == ("FAILED", "bad page ", 500)


def test_one_report_that_fails_does_not_hold_up_the_others(
    signed_up: SignedUp, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, apply = signed_up(), service.apply
    environments = f"/accounts/{ada.account()}/environments"
    first, second = (ada.post(environments, {"name": name}).json()["environmentId"] for name in ("one", "two"))

    def busy_with_the_first(session: Session, runner_id: str, report: Report) -> None:
        if report.environment_id == first:
            raise OperationalError("SELECT", {}, LockNotAvailable())
        apply(session, runner_id, report)

    monkeypatch.setattr(service, "apply", busy_with_the_first)
    items = [{"environmentId": env, "generation": 1, "state": "READY"} for env in (first, second)]
    assert node.call("POST", "/reports", json={"items": items}).status_code == 503
    statuses = {item["environmentId"]: item["status"] for item in ada.get(environments).json()["items"]}
    assert statuses == {first: "PENDING", second: "ACTIVE"}


@pytest.mark.usefixtures("committed")
def test_a_runner_is_not_given_more_than_its_capacity_between_two_heartbeats(signed_up: SignedUp, node: Node) -> None:
    Node.register(node.client, "local", capacity=3)
    people = [signed_up(name) for name in ("ada", "bob")]
    accounts = [(person, f"/accounts/{person.account()}/environments") for person in people]

    def create(number: int) -> int:
        person, path = accounts[number % 2]
        return person.post(path, {"name": f"e{number}"}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(create, range(8))) == [202] * 3 + [503] * 5
    assert node.call("POST", "/heartbeat", json={"engines": 2, "version": "1"}).status_code == 204
    assert accounts[0][0].post(accounts[0][1], {"name": "last"}).status_code == 202


@pytest.mark.usefixtures("committed")
def test_new_environments_go_where_there_is_life_and_most_room(signed_up: SignedUp, node: Node) -> None:
    silent = Node.register(node.client, "silent", capacity=1000)
    busy = Node.register(node.client, "busy", capacity=100)
    for one, engines in ((node, 10), (busy, 50)):
        one.call("POST", "/heartbeat", json={"engines": engines, "version": "1"})
    ada = signed_up()
    assert ada.post(f"/accounts/{ada.account()}/environments", {"name": "dev"}).status_code == 202
    assert [len(one.specs()) for one in (node, silent, busy)] == [1, 0, 0]

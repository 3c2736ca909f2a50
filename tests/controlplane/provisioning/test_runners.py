"""What one runner may see and say of another's environments."""

from sqlalchemy.orm import Session

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

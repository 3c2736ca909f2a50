"""What an access token of a job opens here, and how it ends: with its minutes, rule, environment or voucher."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.audit.models import AuditEvent
from controlplane.auth import Role
from controlplane.core import tokens
from controlplane.core.database import transaction
from controlplane.workload_identity import service
from controlplane.workload_identity.roles import MEMBERS, WorkloadRole
from tests.controlplane.node import Node
from tests.controlplane.people import SignedUp
from tests.controlplane.test_app_routes import CLOSED, Operation
from tests.controlplane.workload_identity.conftest import Team
from tests.support.identity_provider_thread import In

Later = Callable[[timedelta], None]
# What the two roles may, in their own environment; everything else there is stays closed to them.
VIEWER = {
    "getEnvironment",
    "listEngineVersions",
    "getLimits",
    "getThrottling",
    "listEnvironmentOperations",
    "listTunnels",
    "readLogs",
    "getOutboundPolicy",
    "getEnvironmentUsage",
}
VIEWER |= {"getAwsTrustPolicy", "lintAwsTrustPolicy"}
MAY = {"viewer": VIEWER, "developer": VIEWER | {"preflightService", "checkIdentityKeys"}}


def principals(node: Node) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = node.call("GET", "/edge/snapshot").json()["tables"]["principals"]
    return found


def test_it_works_for_its_minutes_and_not_one_more(team: Team, later: Later) -> None:
    job = team.as_job(team.let_in())
    later(timedelta(minutes=14, seconds=58))
    assert job.get(team.path).status_code == 200
    later(timedelta(minutes=15))
    answer = job.get(team.path)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


@pytest.mark.usefixtures("committed")
def test_the_edge_knows_it_for_as_long(team: Team, node: Node, later: Later) -> None:
    digest = tokens.digest(team.let_in())
    entry = principals(node)[digest]
    assert (entry["kind"], entry["role"], entry["userId"]) == ("workload", "developer", team.owner.user_id)
    assert entry["label"] == team.environment_id.removeprefix("env_")
    later(timedelta(minutes=15))
    assert digest not in principals(node)


def deleted(team: Team) -> None:
    assert team.owner.delete(f"{team.rules}/{team.rule['ruleId']}").status_code == 204


def changed(team: Team) -> None:
    assert team.owner.call("PUT", f"{team.rules}/{team.rule['ruleId']}", json=team.body(minutes=5)).status_code == 200


def purged(team: Team) -> None:
    assert team.owner.delete(f"{team.path}?purge=true").status_code == 202
    with transaction() as session:
        service.delete_all(session, team.environment_id)


@pytest.mark.usefixtures("committed")
def test_a_job_may_give_its_token_back(team: Team, node: Node) -> None:
    """RFC 7009. It belongs to no program, so nobody has to say which; other jobs' tokens stay."""
    job, other = team.as_job(team.let_in()), team.as_job(team.let_in())
    for _ in range(2):
        answer = team.owner.client.post("/oauth2/revoke", data={"token": job.token})
        assert (answer.status_code, answer.json()) == (200, {})
    assert (job.get(team.path).status_code, other.get(team.path).status_code) == (401, 200)
    assert tokens.digest(job.token) not in principals(node)
    assert tokens.digest(other.token) in principals(node)
    with transaction() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "workload.revoke")).one()
    assert (event.actor, event.target, event.account_id) == (
        team.rule["ruleId"], team.environment_id, team.account_id,
    )  # fmt: skip


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("ending", [deleted, changed, purged])
def test_it_ends_with_its_rule_here_and_at_the_edges(team: Team, node: Node, ending: Callable[[Team], None]) -> None:
    job = team.as_job(team.let_in())
    assert job.get(team.path).status_code == 200
    ending(team)
    assert job.get(team.path).status_code == 401
    assert tokens.digest(job.token) not in principals(node)


def test_a_deleted_environment_lets_nobody_in(team: Team) -> None:
    job = team.as_job(team.let_in())
    assert team.owner.delete(team.path).status_code == 202
    assert job.get(team.path).status_code == 401
    assert team.exchange(team.issuer.token(team.audience)).status_code == 400


def test_a_rule_is_worth_what_whoever_saved_it_may_give_now(team: Team, signed_up: SignedUp) -> None:
    bob = signed_up("bob").joins(team.account_id, Role.ADMIN)
    path = f"{team.rules}/{team.rule['ruleId']}"
    assert bob.call("PUT", path, json=team.body()).json()["vouchedBy"] == bob.user_id
    job = team.as_job(team.let_in())
    member = f"/accounts/{team.account_id}/members/{bob.user_id}"
    assert team.owner.call("PATCH", member, json={"role": "developer"}).status_code == 200
    assert job.get(team.path).status_code == 401
    assert team.exchange(team.issuer.token(team.audience)).status_code == 400
    assert team.listed()["void"] is True
    assert "save it again" in team.listed()["lastRefusal"]
    # Somebody who may saves it again: from then on it is theirs.
    assert team.owner.call("PUT", path, json=team.body()).json()["void"] is False
    assert team.let_in()


@pytest.mark.parametrize("role", MAY)
def test_it_may_nothing_but_what_is_said_here(team: Team, role: str) -> None:
    team.trusts(name="other", role=role, conditions={"repository_id": "77"})
    job = team.as_job(team.let_in(repository_id="77"))
    got = {one.name: called(team, one, team.environment_id, job.headers) for one in CLOSED}
    open_to_it = {name for name, status in got.items() if status != 403}
    assert open_to_it == MAY[role] & set(got), got
    # 503: what asks engines finds none here.
    assert {got[name] for name in open_to_it} <= {200, 409, 422, 503}


def test_another_environment_is_no_environment(team: Team) -> None:
    job = team.as_job(team.let_in())
    made = team.owner.post(f"/accounts/{team.account_id}/environments", {"name": "prod"}).json()
    inside = [one for one in CLOSED if "{environmentId}" in one.path]
    got = {one.name: called(team, one, made["environmentId"], job.headers) for one in inside}
    # Reading rights lead to the engine's UI, which opens for people only: in the job's own environment it is a 403.
    looked_for = MAY["developer"] | {"createUiSession"}
    assert {name for name, status in got.items() if status == 404} == looked_for & set(got), got
    assert set(got.values()) == {403, 404}


def called(team: Team, operation: Operation, environment_id: str, headers: dict[str, str]) -> int:
    path = operation.path.replace("{accountId}", team.account_id).replace("{environmentId}", environment_id)
    return operation._replace(path=path).call(team.owner.client, headers=headers)[0]


@pytest.mark.parametrize("role", [role for role in WorkloadRole if role not in MEMBERS])
def test_a_role_of_api_keys_opens_nothing_here(team: Team, role: WorkloadRole) -> None:
    team.trusts(name="other", role=role.value, conditions={"repository_id": "77"})
    answer = team.as_job(team.let_in(repository_id="77")).get(team.path)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert f"role {role.value}" in answer.json()["message"]


def test_who_came_in_is_in_the_audit_trail(team: Team, session: Session) -> None:
    token = team.let_in(sub="repo:acme/shop:environment:\x00\u202eprod", run_id="7001")
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "workload.exchange")).one()
    assert (event.actor, event.target, event.account_id) == (
        team.rule["ruleId"], team.environment_id, team.account_id,
    )  # fmt: skip
    assert event.details["rule"] == "deploy"
    assert event.details["claims"]["run_id"] == "7001"
    assert event.details["claims"]["sub"] == "repo:acme/shop:environment:\ufffd\ufffdprod"
    assert token not in str(event.details)
    stored = session.execute(text("SELECT string_agg(row_to_json(t)::text, '') FROM workload_token t")).scalar_one()
    assert token not in stored
    assert tokens.digest(token) in stored


def test_several_rules_that_fit_want_a_name(team: Team) -> None:
    other = team.trusts(name="look", role="viewer")
    token = team.issuer.token(team.audience)
    answer = team.exchange(token)
    assert answer.status_code == 400
    assert other["ruleId"] in answer.json()["error_description"]
    # It was not let in, so it may still be used.
    assert team.exchange(token, other["ruleId"]).json()["scope"] == "viewer"


def test_what_a_pattern_lets_in(team: Team) -> None:
    team.trusts(name="tags", conditions={"repository": "acme/shop", "ref": "refs/tags/v*.*"}, role="viewer")
    for ref, status in {
        "refs/tags/v1.2": 200,
        "refs/tags/v1": 400,
        "refs/heads/v1.2": 400,
        "xrefs/tags/v1.2": 400,
    }.items():
        assert team.exchange(team.issuer.token(team.audience, ref=ref)).status_code == status, ref


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"subject_token": ""}, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:access_token"}, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request"),
        ({"actor_token": "x"}, "invalid_request"),
        ({"audience": ""}, "invalid_target"),
        ({"audience": "https://plane.example"}, "invalid_target"),
        ({"audience": "env_" + "0" * 28}, "invalid_target"),
        ({"resource": "https://plane.example"}, "invalid_target"),
    ],
)
def test_requests_that_mean_something_else(team: Team, form: dict[str, str], error: str) -> None:
    usual = {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "audience": team.environment_id}
    token = {"subject_token": "a.b.c", "subject_token_type": "urn:ietf:params:oauth:token-type:jwt"}
    answer = team.owner.client.post("/oauth2/token", data=usual | token | form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert len(answer.json()["error_description"]) > 20


def test_no_more_tokens_in_an_hour_than_edges_and_audit_events_can_bear(
    team: Team, configured: Callable[..., None], later: Later
) -> None:
    configured(workload_tokens_per_environment=2, outbound_allowed_networks="127.0.0.0/8")
    team.owner.call("PUT", f"{team.rules}/{team.rule['ruleId']}", json=team.body(minutes=1))
    assert team.let_in()
    # Ended ones count, too: an issuer of a tenant's own makes as many as it likes.
    team.owner.client.post("/oauth2/revoke", data={"token": team.let_in()})
    for minutes, status in ((0, 400), (59, 400), (61, 200)):
        later(timedelta(minutes=minutes))
        seconds = 60 * minutes
        token = team.issuer.token(team.audience, iat=In(seconds), nbf=In(seconds), exp=In(seconds + 300))
        answer = team.exchange(token)
        assert answer.status_code == status, minutes
        assert status == 200 or "2 access tokens within an hour" in answer.json()["error_description"]


def test_what_is_over_is_forgotten(team: Team, session: Session, later: Later) -> None:
    team.let_in()
    for after, left in ((timedelta(hours=2), 1), (timedelta(days=2), 0)):
        later(after)
        service.forget_old(session)
        for table in ("workload_token", "exchanged_assertion"):
            assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == left, table


def test_it_is_announced(client: TestClient, app: FastAPI) -> None:
    document = client.get("/.well-known/oauth-authorization-server").json()
    assert "urn:ietf:params:oauth:grant-type:token-exchange" in document["grant_types_supported"]
    assert app.title

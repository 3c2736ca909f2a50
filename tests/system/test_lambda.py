"""Lambda by the whole plane, with the commands of docs/lambda.md: role, registration, calls; and a neighbour."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.aws_double import HOST, OWN_ROLE, AwsDouble, Role
from tests.support.cli import Cli
from tests.support.plane import Plane
from tests.support.rcloud import Rcloud
from tests.support.services import lambda_host
from tests.support.tenants import Caller, Environment
from tests.support.waiting import until

pytestmark = pytest.mark.system

ROLE = "arn:aws:iam::123456789012:role/Invoker"
FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:greeter:live"
ALIAS = "arn:aws:lambda:us-west-2:123456789012:function:greeter:staging"


@dataclass(frozen=True)
class Home:
    """An environment whose role and function are set up in AWS."""

    environment: Environment
    caller: Caller
    rcloud: Rcloud
    cli: Cli


@pytest.fixture(scope="module")
def home(
    plane: Plane, aws: AwsDouble, environment: Callable[..., Environment], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Home]:
    made = environment()
    caller = made.using(made.api_key())
    rcloud = Rcloud(tmp_path_factory.mktemp("rcloud"))
    rcloud.sign_in(made.owner.token, plane.api_url)
    aws.roles[ROLE] = Role(json.loads(rcloud.run("lambda", "trust-policy", made.environment_id).stdout), {FUNCTION})
    urls = {"RESTATE_INGRESS_URL": made.ingress_url, "RESTATE_ADMIN_URL": made.admin_url}
    cli = Cli("1.7.12", tmp_path_factory.mktemp("cli"), {**urls, "RESTATE_AUTH_TOKEN": str(caller.token)})
    with lambda_host(tmp_path_factory.mktemp("function"), [made.signing_public_key]) as host:
        aws.functions[FUNCTION] = host.url
        yield Home(made, caller, rcloud, cli)


def test_a_function_is_tried_registered_and_called(aws: AwsDouble, home: Home) -> None:
    tried = home.rcloud.run("lambda", "doctor", home.environment.environment_id, FUNCTION, "--assume-role-arn", ROLE)
    assert "It serves LambdaGreeter." in tried.stdout
    home.cli.run("deployments", "register", FUNCTION, "--assume-role-arn", ROLE, "--yes")
    assert home.caller.invoke("/LambdaGreeter/greet", "Ada") == "Hello Ada, found Ada"

    mine = home.environment.environment_id
    engine = [one for one in aws.calls if one.get("role") == ROLE and one.get("by") == mine]
    assert {one["external_id"] for one in engine} == {mine}
    assert {one["action"] for one in aws.calls if one.get("role") == ROLE} == {"AssumeRole", "Invoke"}
    assert {one["action"] for one in aws.calls if one.get("caller") == HOST} == {"AssumeRole"}
    assert {one["role"] for one in aws.calls if one.get("caller") == HOST} == {OWN_ROLE}


def test_what_the_cdk_construct_library_calls_is_answered(home: Home) -> None:
    """Its `ServiceDeployer` with `RestateEnvironment.fromAttributes`: the registration handler's calls, in order."""
    deployer = home.environment.using(home.environment.api_key("admin"))
    assert deployer.admin("GET", "/health").status_code == 200
    body = {"arn": FUNCTION, "assume_role_arn": ROLE}
    registered = deployer.admin("POST", "/deployments", json=body)
    assert registered.status_code in (200, 201), registered.text
    assert [one["name"] for one in registered.json()["services"]] == ["LambdaGreeter"]
    for public in (False, True):
        changed = deployer.admin("PATCH", "/services/LambdaGreeter", json={"public": public})
        assert changed.status_code == 200, changed.text
    (row,) = deployer.sql(f"\n    SELECT id FROM sys_deployment\n    WHERE endpoint = '{FUNCTION}'\n  ")
    assert row["id"] == registered.json()["id"]


def test_another_environment_is_told_why_the_role_is_not_its_own(
    plane: Plane, aws: AwsDouble, home: Home, environment: Callable[..., Environment]
) -> None:
    other = environment()
    caller = other.using(other.api_key())
    refused = caller.admin("POST", "/deployments", json={"arn": FUNCTION, "assume_role_arn": ROLE})
    assert refused.status_code == 422, refused.text
    assert f"sts:ExternalId {other.environment_id}" in refused.json()["message"]
    assert home.environment.environment_id not in refused.text
    assert caller.admin("GET", "/deployments").json()["deployments"] == []


def test_the_log_says_why_when_a_role_stops_trusting_and_the_call_goes_on_when_it_does_again(
    aws: AwsDouble, home: Home, environment: Callable[..., Environment], tmp_path: Path
) -> None:
    made = environment(home.environment.owner, "staging")
    caller, role = made.using(made.api_key()), f"{ROLE}-of-staging"
    good = json.loads(home.rcloud.run("lambda", "trust-policy", made.environment_id).stdout)
    aws.roles[role] = Role(good, {ALIAS})
    with lambda_host(tmp_path, [made.signing_public_key]) as host:
        aws.functions[ALIAS] = host.url
        registered = caller.admin("POST", "/deployments", json={"arn": ALIAS, "assume_role_arn": role})
        assert registered.status_code == 201, registered.text
        aws.roles[role].trust = {**good, "Statement": good["Statement"][1:]}
        invocation_id = caller.send("/LambdaGreeter/greet/send", "Bo")
        assert "not authorized to perform: sts:AssumeRole" in caller.wait_for_failure(invocation_id)
        until(lambda: role in home.rcloud.run("env", "logs", made.environment_id, "--text", "AccessDenied").stdout)
        assert home.rcloud.run("env", "logs", home.environment.environment_id, "--text", "AccessDenied").stdout == ""
        aws.roles[role].trust = good
        # The longer it has failed, the later it is tried again.
        until(lambda: caller.status_of(invocation_id) == "completed", 120)


def test_a_policy_for_the_wrong_environment_is_found_without_aws(home: Home, aws: AwsDouble, tmp_path: Path) -> None:
    wrong = json.dumps(aws.roles[ROLE].trust).replace(home.environment.environment_id, "env_" + "0" * 27)
    (tmp_path / "policy.json").write_text(wrong)
    shown = home.rcloud.attempt("lambda", "lint", home.environment.environment_id, str(tmp_path / "policy.json"))
    assert (shown.status, "names another environment's id" in shown.stdout) == (1, True), shown.stdout

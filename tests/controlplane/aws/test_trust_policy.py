"""The generated trust policy is the documented one, for this environment and this plane."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import hcl2
import pytest
from hcl2.utils import SerializationOptions
from pydantic import ValidationError

from controlplane.auth import Role
from controlplane.aws import invoker, trust_policy
from controlplane.aws.linting import lint
from controlplane.aws.principal import own
from controlplane.settings import settings
from tests.controlplane.people import SignedUp

ACCOUNT = "654654156625"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/RestateCloud"
# As documented for the hosted service; the environment's id stands where the placeholder is. That the form for the CDK
# says the same was seen in its synthesised template, in three partitions: aws-cdk-lib (160 MB) is not installed here.
POLICY = """{ "Version": "2012-10-17", "Statement": [ { "Effect": "Allow", "Principal": { "AWS":
"arn:aws:iam::654654156625:root" }, "Action": "sts:AssumeRole", "Condition": { "StringEquals": { "aws:PrincipalArn":
"arn:aws:iam::654654156625:role/RestateCloud", "sts:ExternalId": "${ENVIRONMENT_ID}" } } }, { "Effect": "Allow",
"Principal": { "AWS": "arn:aws:iam::654654156625:root" }, "Action": "sts:TagSession" } ]}"""
CDK = """const restateCloudRole = new iam.Role(this, "RestateCloudRole", { assumedBy: new
iam.AccountPrincipal("654654156625") .withConditions({ "StringEquals": { "sts:ExternalId": environmentId,
"aws:PrincipalArn": "arn:aws:iam::654654156625:role/RestateCloud", }, }),});
restateCloudRole.assumeRolePolicy!.addStatements( new iam.PolicyStatement({ principals:
[new iam.AccountPrincipal("654654156625")], actions: ["sts:TagSession"], }),);"""


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def of_terraform(text: str) -> dict[str, Any]:
    """The policy that the `hashicorp/aws` provider makes of the role in this configuration."""
    read = hcl2.loads(text, serialization_options=SerializationOptions(strip_string_quotes=True, explicit_blocks=False))
    (data,), (resource,) = read["data"], read["resource"]
    ((name, document),) = data["aws_iam_policy_document"].items()
    (role,) = resource["aws_iam_role"].values()
    assert role["assume_role_policy"] == f"${{data.aws_iam_policy_document.{name}.json}}"
    return {"Version": trust_policy.VERSION, "Statement": [of_block(one) for one in document["statement"]]}


def of_block(statement: dict[str, Any]) -> dict[str, Any]:
    """One action, principal and value stand for themselves, as the provider writes them."""
    (action,), (principals,) = statement["actions"], statement["principals"]
    made: dict[str, Any] = {"Effect": statement["effect"], "Action": action}
    made["Principal"] = {principals["type"]: principals["identifiers"][0]}
    conditions: dict[str, dict[str, str]] = {}
    for one in statement.get("condition", []):
        (value,) = one["values"]
        conditions.setdefault(one["test"], {})[one["variable"]] = value
    return made | ({"Condition": conditions} if conditions else {})


@pytest.fixture
def principal(configured: Callable[..., None]) -> None:
    configured(aws_principal_account=ACCOUNT, aws_principal_role_arn=ROLE)


@pytest.mark.usefixtures("node", "principal")
def test_all_forms_are_the_documented_ones(signed_up: SignedUp) -> None:
    ada = signed_up()
    path = f"/accounts/{ada.account()}/environments"
    environment_id = ada.post(path, {"name": "dev"}).json()["environmentId"]

    forms = ada.get(f"{path}/{environment_id}/aws-trust-policy").json()

    assert forms["policy"] == json.loads(POLICY.replace("${ENVIRONMENT_ID}", environment_id))
    assert bare(forms["cdk"]) == bare(f'const environmentId = "{environment_id}";{CDK}')
    assert of_terraform(forms["terraform"]) == forms["policy"]
    answer = ada.post(f"{path}/{environment_id}/aws-trust-policy/lint", {"policy": forms["policy"]})
    assert answer.json()["ok"]


@pytest.mark.usefixtures("node", "principal")
def test_every_member_and_nobody_else_sees_it(signed_up: SignedUp) -> None:
    ada, eve = signed_up("ada"), signed_up("eve")
    account, of_eve = ada.account(), eve.account("another")
    environment_id = ada.post(f"/accounts/{account}/environments", {"name": "dev"}).json()["environmentId"]
    viewer = signed_up("bob").joins(account, Role.VIEWER)

    assert viewer.get(f"/accounts/{account}/environments/{environment_id}/aws-trust-policy").status_code == 200
    for of in (account, of_eve):
        assert eve.get(f"/accounts/{of}/environments/{environment_id}/aws-trust-policy").status_code == 404


@pytest.mark.usefixtures("node")
def test_without_an_identity_of_the_plane_it_says_whom_to_ask(signed_up: SignedUp) -> None:
    ada = signed_up()
    path = f"/accounts/{ada.account()}/environments"
    path += f"/{ada.post(path, {'name': 'dev'}).json()['environmentId']}/aws-trust-policy"

    for answer in (ada.get(path), ada.post(f"{path}/lint", {"policy": {}})):
        assert (answer.status_code, answer.json()["code"]) == (409, "aws_principal_not_set")
        assert "CONTROLPLANE_AWS_PRINCIPAL_ROLE_ARN" in answer.json()["message"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"aws_principal_account": ACCOUNT},
        {"aws_principal_account": "111122223333", "aws_principal_role_arn": ROLE},
        {"aws_principal_role_arn": f"arn:aws:iam::{ACCOUNT}:root"},
        {"aws_principal_role_arn": f"arn:aws:iam::{ACCOUNT}:user/somebody"},
        {"aws_principal_role_arn": f'{ROLE}"]}}'},
    ],
)
def test_a_wrong_identity_is_refused_when_settings_are_read(
    configured: Callable[..., None], wrong: dict[str, Any]
) -> None:
    configured(**wrong)
    with pytest.raises(ValidationError, match="aws_principal"):
        settings()


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_an_identity_in_another_partition_is_trusted_there(
    configured: Callable[..., None], region: str, partition: str
) -> None:
    role = f"arn:{partition}:iam::{ACCOUNT}:role/RestateCloud"
    configured(aws_principal_role_arn=role, aws_region=region)
    policy = trust_policy.document(own(), "env_x")
    assert policy["Statement"][0]["Principal"] == {"AWS": f"arn:{partition}:iam::{ACCOUNT}:root"}
    assert all(one.ok for one in lint(policy, own(), "env_x"))
    function = f"arn:{partition}:lambda:{region}:{ACCOUNT}:function:greeter:live"
    assert invoker.check_function(function) == region
    assert invoker.check_role(f"arn:{partition}:iam::123456789012:role/Invoker")
    with pytest.raises(invoker.Unfit, match="partition"):
        invoker.check_role("arn:aws:iam::123456789012:role/Invoker")

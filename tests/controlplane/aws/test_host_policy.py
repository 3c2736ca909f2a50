"""What the plane's own role may do: the documents are what a stand-in for AWS enforces."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from controlplane.__main__ import app
from controlplane.aws import host_policy
from controlplane.core.ids import new_id
from tests.controlplane.aws.conftest import PLANE, US
from tests.support.aws_double import AwsDouble, Refused, Role

CUSTOMER = "arn:aws:iam::123456789012:role/Invoker"
OWN_ADMINISTRATOR = "arn:aws:iam::654654156625:role/Administrator"
OWN_INVOKER = "arn:aws:iam::654654156625:role/invokers/Greeter"
EVERYBODY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:*"}]}


def assumed(aws: AwsDouble, key: str, role: str, session: str, external_id: str | None = None) -> str:
    """The access key id of the new session. Raises `Refused`."""
    form = {"RoleArn": role, "RoleSessionName": session} | ({"ExternalId": external_id} if external_id else {})
    return aws.assume(key, form).split("<AccessKeyId>")[1].split("<")[0]


def refused(aws: AwsDouble, key: str, role: str, session: str, external_id: str | None = None) -> bool:
    try:
        assumed(aws, key, role, session, external_id)
    except Refused:
        return True
    return False


@pytest.fixture
def roles(aws: AwsDouble) -> AwsDouble:
    """Roles that let everybody in: what stands in the way is ours."""
    for arn in (CUSTOMER, OWN_ADMINISTRATOR, OWN_INVOKER):
        aws.roles[arn] = Role(EVERYBODY)
    return aws


def test_an_engines_session_assumes_roles_of_others_for_an_environment_and_nothing_else(roles: AwsDouble) -> None:
    environment_id = new_id("env")
    engine = assumed(roles, "AKIAPLANE", US.role_arn, environment_id)
    assert not refused(roles, engine, CUSTOMER, "restate-1", environment_id)
    for external_id in (None, "env_", "anything", "env_" + "0" * 28):
        assert refused(roles, engine, CUSTOMER, "restate-1", external_id), external_id
    for own in (OWN_ADMINISTRATOR, OWN_INVOKER, US.role_arn):
        assert refused(roles, engine, own, "restate-1", environment_id), own


def test_the_doctors_session_may_ask_without_an_external_id_too(roles: AwsDouble) -> None:
    doctor = assumed(roles, "AKIAPLANE", US.role_arn, host_policy.DOCTOR_SESSION)
    assert not refused(roles, doctor, CUSTOMER, "restate-preflight")
    assert refused(roles, doctor, OWN_ADMINISTRATOR, "restate-preflight")


def test_only_those_who_are_named_assume_the_role_under_names_that_are_known(roles: AwsDouble) -> None:
    roles.identities["AKIAOTHER"] = "arn:aws:iam::654654156625:user/other"
    assert refused(roles, "AKIAOTHER", US.role_arn, host_policy.DOCTOR_SESSION)
    assert refused(roles, "AKIAPLANE", US.role_arn, "anything")
    assert refused(roles, "AKIAPLANE", CUSTOMER, "directly", new_id("env"))


def test_roles_below_a_path_of_the_own_account_can_be_allowed(roles: AwsDouble) -> None:
    environment_id = new_id("env")
    roles.roles[US.role_arn].permissions = host_policy.permissions(US, "/invokers/")
    engine = assumed(roles, "AKIAPLANE", US.role_arn, environment_id)
    assert not refused(roles, engine, OWN_INVOKER, "restate-1", environment_id)
    assert not refused(roles, engine, CUSTOMER, "restate-1", environment_id)
    assert refused(roles, engine, OWN_ADMINISTRATOR, "restate-1", environment_id)


def test_the_command_prints_each_document(configured: Callable[..., None]) -> None:
    configured(aws_principal_role_arn=US.role_arn, aws_own_account_role_path="/invokers/")
    printed = {
        name: json.loads(CliRunner().invoke(app, ["aws", "host-policy", *name.split()]).stdout)
        for name in ("identity", f"trust --identity {PLANE}", "permissions")
    }
    assert list(printed.values()) == [
        host_policy.identity(US), host_policy.trust([PLANE]), host_policy.permissions(US, "/invokers/"),
    ]  # fmt: skip


def test_the_command_says_what_is_missing(configured: Callable[..., None]) -> None:
    done = CliRunner().invoke(app, ["aws", "host-policy", "identity"])
    assert (done.exit_code, "CONTROLPLANE_AWS_PRINCIPAL_ROLE_ARN" in done.output) == (2, True)
    configured(aws_principal_role_arn=US.role_arn)
    done = CliRunner().invoke(app, ["aws", "host-policy", "trust"])
    assert (done.exit_code, "--identity" in done.output) == (2, True)

"""The role doctor, against a stand-in for AWS that enforces trust policies and runs a real SDK's Lambda handler."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from controlplane.aws import host_policy
from controlplane.aws.principal import OwnPrincipal
from controlplane.aws.trust_policy import document
from controlplane.environments import identity
from tests.controlplane.preflight.conftest import Trier
from tests.controlplane.preflight.servers import answering, hosted
from tests.support.aws_double import AwsDouble, Role, aws_double
from tests.support.services import lambda_host

US = OwnPrincipal("654654156625", "arn:aws:iam::654654156625:role/RestateCloud")
PLANE = "arn:aws:iam::654654156625:user/plane"
ROLE = "arn:aws:iam::123456789012:role/Invoker"
FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:greeter"
VERSION = f"{FUNCTION}:7"


@pytest.fixture
def aws(configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsDouble]:
    configured(aws_principal_role_arn=US.role_arn)
    with aws_double() as double:
        double.identities["AKIAPLANE"] = PLANE
        double.permissions[PLANE] = host_policy.identity(US)
        double.roles[US.role_arn] = Role(host_policy.trust([PLANE]), permissions=host_policy.permissions(US, None))
        for name, value in double.environment("AKIAPLANE").items():
            monkeypatch.setenv(name, value)
        yield double


@pytest.fixture
def role(aws: AwsDouble, trier: Trier) -> Role:
    """As the customer should set it up."""
    aws.roles[ROLE] = Role(document(US, trier.environment["environmentId"]), {VERSION})
    return aws.roles[ROLE]


def tried(trier: Trier, arn: str = VERSION, role_arn: str | None = ROLE) -> dict[str, Any]:
    return trier(arn=arn, **({"assumeRoleArn": role_arn} if role_arn else {}))


def asked(aws: AwsDouble) -> list[str | None]:
    """The external ids with which the customer's role was asked for."""
    return [call["external_id"] for call in aws.calls if call.get("role") == ROLE and call["action"] == "AssumeRole"]


def changed(role: Role, number: int, **elements: Any) -> None:
    trust = copy.deepcopy(dict(role.trust))
    trust["Statement"][number - 1] |= elements
    role.trust = trust


def test_a_good_role_and_function_pass_every_check(tmp_path: Path, aws: AwsDouble, trier: Trier, role: Role) -> None:
    with lambda_host(tmp_path, [trier.key]) as host:
        aws.functions[VERSION] = host.url
        found = tried(trier)

    assert found["failed"] is None, found
    assert list(found)[:-1] == [
        "arn", "assume_role", "external_id_required", "other_environments_refused", "tag_session", "invoke", "identity",
        "discovery", "protocol_mode",
    ]  # fmt: skip
    assert "LambdaGreeter" in found["discovery"]
    external_ids = asked(aws)
    environment_id = trier.environment["environmentId"]
    assert external_ids[:2] == [environment_id, None]
    assert external_ids[2] not in (environment_id, None)
    event = next(call["event"] for call in aws.calls if call["action"] == "Invoke")
    assert (event["path"], event["httpMethod"], event["isBase64Encoded"]) == ("/discover", "GET", True)


def test_another_environments_key_in_the_function_is_named(
    tmp_path: Path, aws: AwsDouble, trier: Trier, role: Role
) -> None:
    with lambda_host(tmp_path, [identity.generate().public]) as host:
        aws.functions[VERSION] = host.url
        found = tried(trier)
    assert (found["failed"], trier.key in found["identity"]) == ("identity", True)


STATEMENT = {"aws:PrincipalArn": US.role_arn}
FAULTS: dict[str, tuple[int, dict[str, Any], str, str]] = {
    "another account": (1, {"Principal": {"AWS": "111122223333"}}, "assume_role", "statement 1"),
    "another environment": (
        1, {"Condition": {"StringEquals": STATEMENT | {"sts:ExternalId": "env_another"}}}, "assume_role", "ExternalId",
    ),
    "no condition": (1, {"Condition": {}}, "external_id_required", "statement 1"),
    "any id": (
        1, {"Condition": {"StringLike": {"sts:ExternalId": "*"}}}, "other_environments_refused", "statement 1",
    ),
    "Null": (1, {"Condition": {"Null": {"sts:ExternalId": "true"}}}, "assume_role", "ExternalId"),
    "no tagging": (2, {"Effect": "Deny"}, "tag_session", "statement 2"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_trust_policy_is_found_at_its_statement(trier: Trier, role: Role, name: str) -> None:
    number, elements, check, words = FAULTS[name]
    changed(role, number, **elements)
    found = tried(trier)
    assert (found["failed"], words in found[check]) == (check, True), found


def test_a_role_of_another_environment_is_refused_before_anything_else_is_tried(
    aws: AwsDouble, trier: Trier, role: Role
) -> None:
    """The confused deputy: whoever knows somebody else's role learns nothing of its policy."""
    role.trust = document(US, "env_01k9e3x0hq7m2c4b6d8f0g2j4k6")
    assert tried(trier)["failed"] == "assume_role"
    assert asked(aws) == [trier.environment["environmentId"]]


def test_what_the_role_may_not_and_what_is_not_there(aws: AwsDouble, trier: Trier, role: Role) -> None:
    assert "no such function" in tried(trier)["invoke"]
    role.may_invoke.clear()
    assert "lambda:InvokeFunction" in tried(trier)["invoke"]
    del aws.roles[ROLE]
    assert "no such role" in tried(trier)["assume_role"]


def test_a_function_that_is_no_endpoint_or_fails(aws: AwsDouble, trier: Trier, role: Role) -> None:
    with hosted(answering(500, {}, b'{"errorMessage": "secret"}')) as port:
        aws.functions[VERSION] = f"http://127.0.0.1:{port}"
        assert "an error of its own" in tried(trier)["invoke"]
    for body in (b'"hello"', b"{}", b'{"statusCode": 200, "headers": {}, "body": "!"}', b"[1]", b"no JSON"):
        with hosted(answering(200, {}, body)) as port:
            aws.functions[VERSION] = f"http://127.0.0.1:{port}"
            assert tried(trier)["failed"] == "discovery"


@pytest.mark.parametrize(
    ("arn", "role_arn", "check", "words"),
    [
        (FUNCTION, ROLE, "arn", "version or an alias"),
        ("arn:aws:s3:::bucket", ROLE, "arn", "no Lambda function's ARN"),
        (f"{VERSION}/../x", ROLE, "arn", "no Lambda function's ARN"),
        ("arn:aws:lambda:127.0.0.1#:123456789012:function:f:1", ROLE, "arn", "no Lambda function's ARN"),
        (VERSION, None, "role", "Name the invoker role"),
        (VERSION, "arn:aws:iam::123456789012:user/x", "role", "no role's ARN"),
        (VERSION, US.role_arn, "role", "this plane's own role"),
    ],
)
def test_what_is_no_arn_is_not_tried(
    aws: AwsDouble, trier: Trier, arn: str, role_arn: str | None, check: str, words: str
) -> None:
    found = tried(trier, arn, role_arn)
    assert (found["failed"], words in found[check]) == (check, True), found
    assert aws.calls == []


def test_the_planes_own_trouble_says_nothing_of_its_credentials(
    aws: AwsDouble, trier: Trier, role: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.identities.clear()
    unknown = tried(trier)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    none = tried(trier)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAPLANE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    away = tried(trier)
    for found in (unknown, none, away):
        assert (found["failed"], "Ask its operator" in found["aws"]) == ("aws", True), found
        assert not any(word in json.dumps(found) for word in ("AKIA", "token", "redentials", "127.0.0.1", "nowhere"))


def test_a_refusal_names_nothing_of_our_identity(trier: Trier, role: Role) -> None:
    changed(role, 1, Principal={"AWS": "111122223333"})
    assert not any(word in json.dumps(tried(trier)) for word in ("assumed-role", "i-0123456789abcdef0", US.role_arn))


def test_a_plane_without_an_identity_says_whom_to_ask(trier: Trier) -> None:
    assert "CONTROLPLANE_AWS_PRINCIPAL_ROLE_ARN" in tried(trier)["aws"]

"""A node with an identity in a stand-in for AWS, and a customer's role and function there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from controlplane.aws import host_policy
from controlplane.aws.principal import OwnPrincipal
from controlplane.aws.trust_policy import document
from envrunner.wire import Spec
from tests.envrunner.nodes import Node, node
from tests.envrunner.waiting import until
from tests.support.aws_double import AwsDouble, Role, aws_double

US = OwnPrincipal("654654156625", "arn:aws:iam::654654156625:role/RestateCloud")
NODE = "arn:aws:iam::654654156625:user/node-1"
KEY = "AKIANODE1NODE1NODE1N"
ROLE = "arn:aws:iam::123456789012:role/Invoker"
FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:greeter:live"


def set_up(double: AwsDouble) -> None:
    """Our own account, just as `controlplane aws host-policy` says."""
    double.identities[KEY] = NODE
    double.permissions[NODE] = host_policy.identity(US)
    double.roles[US.role_arn] = Role(host_policy.trust([NODE]), permissions=host_policy.permissions(US, None))


def trusting(spec: Spec) -> Role:
    """A customer's role, made with the trust policy of this environment."""
    return Role(document(US, spec.environment_id), {FUNCTION})


@pytest.fixture
def aws() -> Iterator[AwsDouble]:
    with aws_double() as double:
        set_up(double)
        yield double


@pytest.fixture
def cloud_node(aws: AwsDouble) -> Iterator[Node]:
    """With its AWS process running."""
    given = {
        "aws_role_arn": US.role_arn,
        "aws_region": "eu-central-1",
        "aws_sts_endpoint_url": aws.url,
        "aws_lambda_endpoint_url": aws.url,
    }
    with node(**given) as made:
        made.outside = {name: aws.environment(KEY)[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        process = made.start("aws")
        until(lambda: made.logged("aws"))
        yield made
        process.terminate()
        process.wait(20)


def register(node: Node, spec: Spec, role: str = ROLE) -> httpx2.Response:
    transport = httpx2.HTTPTransport(uds=str(node.socket(spec, "a")))
    with httpx2.Client(transport=transport, base_url="http://engine", timeout=60) as http:
        return http.post("/deployments", json={"arn": FUNCTION, "assume_role_arn": role})


def call(node: Node, spec: Spec, name: str) -> Any:
    """The answer of the function's handler."""
    answer = _posted(node, spec, "/LambdaGreeter/greet", name)
    assert answer.status_code == 200, answer.text
    return answer.json()


def send(node: Node, spec: Spec, name: str) -> None:
    """Without waiting for an answer."""
    assert _posted(node, spec, "/LambdaGreeter/greet/send", name).status_code == 202


def _posted(node: Node, spec: Spec, path: str, body: str) -> httpx2.Response:
    transport = httpx2.HTTPTransport(uds=str(node.socket(spec, "i")))
    with httpx2.Client(transport=transport, base_url="http://engine", timeout=60) as http:
        return http.post(path, json=body)

"""Engines and Lambda: a real engine, a real SDK handler, and a stand-in for AWS that enforces policies as AWS does."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controlplane.environments import identity
from envrunner.aws.door import Credentials
from envrunner.aws.keeper import printed
from envrunner.engine import aws as engine_aws
from envrunner.engine import directories
from envrunner.shipping.lines import Cleaner
from envrunner.wire import Spec
from tests.envrunner.aws.conftest import FUNCTION, KEY, NODE, ROLE, US, call, register, send, trusting
from tests.envrunner.nodes import IS_ROOT, Node, node
from tests.envrunner.specs import spec
from tests.envrunner.waiting import until
from tests.support.aws_double import AwsDouble
from tests.support.services import lambda_host

PAIR = identity.generate()
HERE, NEIGHBOUR = spec(40, pem=PAIR.private_pem.decode()), spec(41)

FAILURES = "select last_failure from sys_invocation where last_failure is not null"


def credentials(node: Node, spec: Spec) -> Path:
    return node.directory(spec) / engine_aws.CREDENTIALS_FILE


def readable(node: Node, spec: Spec) -> str:
    """Everything that the environment's tenant can read: its engine's answers, tables and log."""
    return register(node, spec).text + shown_log(node, spec)


def shown_log(node: Node, spec: Spec) -> str:
    """As the control plane gets it."""
    return Cleaner(node.settings.directories, 1_000_000).text(node.log(spec).read_text())


def test_a_function_is_invoked_through_the_tenants_role_and_a_neighbour_is_refused_it(
    tmp_path: Path, aws: AwsDouble, cloud_node: Node
) -> None:
    aws.roles[ROLE] = trusting(HERE)
    for one in (HERE, NEIGHBOUR):
        cloud_node.settle(one)
    with lambda_host(tmp_path, [PAIR.public]) as host:
        aws.functions[FUNCTION] = host.url
        answer = register(cloud_node, HERE)
        assert answer.status_code == 201, answer.text
        # Runs a step and sleeps: the function is invoked, suspends, and is invoked again.
        assert call(cloud_node, HERE, "Ada") == "Hello Ada, found Ada"
        refused = register(cloud_node, NEIGHBOUR)

    assert (refused.status_code, "not authorized to perform: sts:AssumeRole" in refused.text) == (500, True)
    invoked = [one["event"]["path"] for one in aws.calls if one["action"] == "Invoke"]
    assert (invoked[0], set(invoked[1:]), len(invoked) > 2) == ("/discover", {"/invoke/LambdaGreeter/greet"}, True)
    assumed = [one for one in aws.calls if one["action"] == "AssumeRole"]
    # The node's own credentials did one thing, and each engine one: its role, with its own external id.
    assert {one["action"] for one in aws.calls if one.get("caller") == NODE} == {"AssumeRole"}
    assert {(one["caller"], one["role"]) for one in assumed} == {(NODE, US.role_arn), (US.role_arn, ROLE)}
    by_engines = {(one["by"], one["external_id"]) for one in assumed if one["role"] == ROLE}
    assert by_engines == {(one.environment_id, one.environment_id) for one in (HERE, NEIGHBOUR)}


def test_an_engine_holds_its_own_short_session_and_nothing_of_the_nodes(aws: AwsDouble, cloud_node: Node) -> None:
    """Think: somebody took the engine's process over. What could they do?"""
    aws.roles[ROLE] = trusting(NEIGHBOUR)
    pid = cloud_node.settle(HERE).pid
    until(credentials(cloud_node, HERE).exists)
    kept = credentials(cloud_node, HERE)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.stat().st_uid == cloud_node.directory(HERE).stat().st_uid
    assert (kept.stat().st_uid == 0) != IS_ROOT
    stolen = json.loads(kept.read_text())["AccessKeyId"]
    form = {"RoleArn": ROLE, "RoleSessionName": "thief", "ExternalId": NEIGHBOUR.environment_id}
    for asked in (form, {**form, "RoleArn": US.role_arn}, {**form, "ExternalId": HERE.environment_id}):
        with pytest.raises(Exception, match="not authorized to perform: sts:AssumeRole"):
            aws.assume(stolen, asked)
    with pytest.raises(Exception, match="not authorized to perform: ListRoles"):
        aws.do(stolen, "ListRoles")
    environ = Path(f"/proc/{pid}/environ").read_bytes().decode()
    held = environ + "".join(path.read_text() for path in cloud_node.directory(HERE).glob("aws*"))
    for secret in (KEY, "a-secret-of-nobody", NODE):
        assert secret not in held


@pytest.mark.parametrize("broken", ["ExpiredToken", "InvalidClientTokenId", "AccessDenied"])
def test_a_tenant_reads_our_sentence_when_the_nodes_identity_does_not_work(
    aws: AwsDouble, cloud_node: Node, broken: str
) -> None:
    aws.broken = broken
    cloud_node.settle(HERE)
    found = readable(cloud_node, HERE)
    assert engine_aws.TROUBLE in found
    nothing_of_the_host(found, cloud_node)
    told = until(lambda: [one for one in cloud_node.logged("aws") if one.get("level") == "error"])
    assert ("controlplane aws host-policy" if broken == "AccessDenied" else broken) in str(told[0]["reason"])


def test_a_tenant_reads_our_sentence_when_there_is_no_identity(shared_node: Node) -> None:
    shared_node.settle(HERE)
    found = readable(shared_node, HERE)
    assert engine_aws.NO_IDENTITY in found
    nothing_of_the_host(found, shared_node)


def nothing_of_the_host(found: str, node: Node) -> None:
    for name in (
        str(node.home), "IMDS", "EC2_METADATA", "WebIdentity", "EcsContainer", "ProviderChain", "node-1", "AKIA",
        "/root", "/home", "aws.sh", "aws.json",
    ):  # fmt: skip
        assert name not in found, name


def test_credentials_are_renewed_long_before_they_expire(aws: AwsDouble) -> None:
    aws.lasts = timedelta(minutes=20)
    with node(aws_role_arn=US.role_arn, aws_sts_endpoint_url=aws.url) as made:
        made.outside = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": "x"}
        process = made.start("aws")
        try:
            made.settle(HERE)
            first = until(lambda: credentials(made, HERE).exists() and credentials(made, HERE).read_text())
            until(lambda: credentials(made, HERE).read_text() != first)
        finally:
            process.terminate()
            process.wait(20)


def test_a_node_that_gets_an_identity_later_needs_no_restart_of_engines(tmp_path: Path, aws: AwsDouble) -> None:
    aws.roles[ROLE] = trusting(HERE)
    with (
        node(aws_sts_endpoint_url=aws.url, aws_lambda_endpoint_url=aws.url) as made,
        lambda_host(tmp_path, [PAIR.public]) as host,
    ):
        aws.functions[FUNCTION] = host.url
        pid = made.settle(HERE).pid
        assert engine_aws.NO_IDENTITY in register(made, HERE).text
        made.outside = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": "x"}
        made.settings = made.settings.model_copy(update={"aws_role_arn": US.role_arn})
        process = made.start("aws")
        try:
            until(credentials(made, HERE).exists)
            answer = register(made, HERE)
            assert answer.status_code == 201, answer.text
            assert made.client.settled(HERE.environment_id, 1).pid == pid
        finally:
            process.terminate()
            process.wait(20)


def test_what_the_engine_keeps_of_a_failure_names_nothing_of_the_host(
    tmp_path: Path, aws: AwsDouble, cloud_node: Node
) -> None:
    """The deployment was fine, then AWS takes the node's credentials no more: `last_failure` is in a table."""
    aws.roles[ROLE] = trusting(HERE)
    cloud_node.settle(HERE)
    until(credentials(cloud_node, HERE).exists)
    with lambda_host(tmp_path, [PAIR.public]) as host:
        aws.functions[FUNCTION] = host.url
        assert register(cloud_node, HERE).status_code == 201
        aws.broken = "ExpiredToken"
        send(cloud_node, HERE, "Ada")
        rows = until(lambda: cloud_node.query(HERE, FAILURES))
        nothing_of_the_host(str(rows) + shown_log(cloud_node, HERE), cloud_node)
        assert "ExpiredToken" in str(rows)
        aws.broken = ""
        assert call(cloud_node, HERE, "Bo") == "Hello Bo, found Bo"


def test_the_operator_asks_a_node_whether_its_identity_works(aws: AwsDouble, tmp_path: Path) -> None:
    made = Node(tmp_path, aws_role_arn=US.role_arn, aws_sts_endpoint_url=aws.url)
    made.outside = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": "x"}
    argv = [sys.executable, "-m", "envrunner", "aws", "--check"]

    def checked() -> str:
        done = subprocess.run(argv, env=made.environ(), capture_output=True, text=True, timeout=60, check=False)
        return f"{done.returncode} {done.stdout}{done.stderr}"

    assert checked().startswith(f"0 ✓ {NODE} assumes {US.role_arn}")
    del aws.roles[US.role_arn]
    assert checked().startswith(f"1 ✗ AWS refuses this node the role {US.role_arn}.")


def test_a_tenant_does_not_read_which_way_this_network_has_to_aws(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The operator's own endpoint is away, and the engine has a session that was good."""
    with node(aws_role_arn=US.role_arn, aws_sts_endpoint_url="http://localhost:1/inside") as made:
        made.settle(HERE)
        session = Credentials("ASIAGOODGOODGOODGOOD", "s", "t", datetime.now(UTC) + timedelta(hours=1))
        directories.put(made.directory(HERE), engine_aws.CREDENTIALS_FILE, printed(session))
        found = readable(made, HERE)
    # The engine's HTTP client names the address that refused it (docs/lambda.md says so), and no more.
    assert "Connection refused" in found
    for name in ("localhost", "/inside", "ASIAGOODGOODGOODGOOD"):
        assert name not in found, name

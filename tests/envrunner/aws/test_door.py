"""The node's identity, wherever boto3 finds it; files that are replaced count at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from envrunner.aws.door import AwsTrouble, Door
from tests.envrunner.aws.conftest import KEY, NODE, US
from tests.envrunner.nodes import Node
from tests.support.aws_double import AwsDouble

ENVIRONMENT = "env_" + "1" * 27
NEXT = "AKIANEXTNEXTNEXTNEXT"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the host keeps its credentials; there is nothing else."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return tmp_path / "credentials"


@pytest.fixture
def door(aws: AwsDouble, tmp_path: Path) -> Door:
    return Door(Node(tmp_path, aws_role_arn=US.role_arn, aws_sts_endpoint_url=aws.url).settings)


def test_a_file_with_keys_that_is_replaced_counts_at_once(aws: AwsDouble, door: Door, file: Path) -> None:
    file.write_text(f"[default]\naws_access_key_id = {KEY}\naws_secret_access_key = x\n")
    assert door.who() == NODE
    assert door.session(ENVIRONMENT).access_key_id.startswith("ASIA")
    aws.identities = {NEXT: NODE}
    with pytest.raises(AwsTrouble, match=r"does not take this node's credentials \(InvalidClientTokenId\)"):
        door.session(ENVIRONMENT)
    file.write_text(f"[default]\naws_access_key_id = {NEXT}\naws_secret_access_key = x\n")
    assert door.session(ENVIRONMENT).access_key_id.startswith("ASIA")


def test_a_program_that_rotates_keys(aws: AwsDouble, door: Door, file: Path, tmp_path: Path) -> None:
    printed = tmp_path / "printed"
    printed.write_text(json.dumps({"Version": 1, "AccessKeyId": KEY, "SecretAccessKey": "x"}))
    file.write_text(f"[default]\ncredential_process = cat {printed}\n")
    assert door.who() == NODE


def test_no_identity_is_said_to_the_operator(aws: AwsDouble, door: Door, file: Path) -> None:
    with pytest.raises(AwsTrouble, match="NoCredentialsError"):
        door.session(ENVIRONMENT)


def test_one_environments_session_is_named_after_it_and_narrowed_to_it(aws: AwsDouble, door: Door, file: Path) -> None:
    file.write_text(f"[default]\naws_access_key_id = {KEY}\naws_secret_access_key = x\n")
    door.session(ENVIRONMENT)
    assert (aws.calls[-1]["session"], aws.calls[-1]["role"]) == (ENVIRONMENT, US.role_arn)

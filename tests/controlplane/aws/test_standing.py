"""`controlplane doctor` on the plane's identity in AWS."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from controlplane import doctor
from controlplane.aws import host_policy
from tests.controlplane.aws.conftest import PLANE, US
from tests.support.aws_double import AwsDouble, Role

CHECK = doctor.CHECKS["aws"]


def test_none_is_no_fault(configured: Callable[..., None]) -> None:
    assert "Lambda functions are refused" in CHECK()


def test_as_the_documents_say_it_is_well(aws: AwsDouble) -> None:
    assert CHECK().startswith(f"{PLANE} assumes {US.role_arn}; neither may")


def test_what_does_not_work_is_said(aws: AwsDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.roles[US.role_arn] = Role(host_policy.trust(["arn:aws:iam::654654156625:user/other"]))
    with pytest.raises(doctor.Unwell, match=r"may not assume .* host-policy trust"):
        CHECK()
    aws.broken = "ExpiredToken"
    with pytest.raises(doctor.Unwell, match=r"no credentials that AWS takes \(ExpiredToken\)"):
        CHECK()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    with pytest.raises(doctor.Unwell, match="NoCredentialsError"):
        CHECK()


def test_a_region_elsewhere_is_named(configured: Callable[..., None]) -> None:
    configured(aws_principal_role_arn=US.role_arn.replace("arn:aws:", "arn:aws-us-gov:"), aws_region="us-east-1")
    with pytest.raises(doctor.Unwell, match=r"not known in us-east-1; set CONTROLPLANE_AWS_REGION"):
        CHECK()


def test_more_power_than_it_should_have_is_named(aws: AwsDouble) -> None:
    aws.roles[US.role_arn].permissions = None
    everybody = {"Effect": "Allow", "Principal": {"AWS": US.account}, "Action": "sts:*"}
    aws.roles[US.role_arn].trust = {"Version": "2012-10-17", "Statement": [everybody]}
    with pytest.raises(doctor.Unwell, match=r"role/RestateCloud may .*iam:ListRoles.*own account.* permissions`"):
        CHECK()
    del aws.permissions[PLANE]
    with pytest.raises(doctor.Unwell, match=r"user/plane may do more than it should .* identity`"):
        CHECK()

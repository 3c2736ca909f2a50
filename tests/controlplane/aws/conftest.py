"""The plane's own AWS account, set up as `controlplane aws host-policy` says, in a stand-in for AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from controlplane.aws import host_policy
from controlplane.aws.principal import OwnPrincipal
from tests.support.aws_double import AwsDouble, Role, aws_double

US = OwnPrincipal("654654156625", "arn:aws:iam::654654156625:role/RestateCloud")
PLANE = "arn:aws:iam::654654156625:user/plane"


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

"""The stand-in for AWS that a whole plane has its identity in. Take the fixture by importing it: ``aws``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from controlplane.aws import host_policy
from controlplane.aws.principal import OwnPrincipal
from tests.support.aws_double import HOST, OWN_ACCOUNT, OWN_ROLE, AwsDouble, Role, aws_double


@pytest.fixture(scope="package")
def aws() -> Iterator[AwsDouble]:
    """A stand-in for AWS, in which the plane's own account is set up as `controlplane aws host-policy` says."""
    us = OwnPrincipal(OWN_ACCOUNT, OWN_ROLE)
    with aws_double() as double:
        double.permissions[HOST] = host_policy.identity(us)
        double.roles[OWN_ROLE] = Role(host_policy.trust([HOST]), permissions=host_policy.permissions(us, None))
        yield double

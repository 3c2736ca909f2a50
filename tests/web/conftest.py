"""The plane that the journeys share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.controlplane.domains import nameserver
from tests.controlplane.domains.nameserver import NameServer
from tests.support import binaries
from tests.support.aws_account import aws
from tests.support.aws_double import AwsDouble, plane_settings
from tests.support.plane import Plane

__all__ = ["aws"]


@pytest.fixture(scope="package")
def names() -> Iterator[NameServer]:
    """The name server that the plane asks for the records of domains."""
    with nameserver.running() as running:
        yield running


@pytest.fixture(scope="package")
def plane(tmp_path_factory: pytest.TempPathFactory, aws: AwsDouble, names: NameServer) -> Iterator[Plane]:
    """The embedded mode with a home and ports of its own; `script/up` has built the console."""
    # Issuers of CI tokens, and a company's provider, are on this machine.
    ours = {"CONTROLPLANE_OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8", "CONTROLPLANE_DNS_RESOLVER": names.address}
    versions = binaries.plane_settings(tmp_path_factory.mktemp("binaries"))
    settings = {**plane_settings(aws), **versions, **ours}
    with Plane(tmp_path_factory.mktemp("console"), settings) as running:
        yield running

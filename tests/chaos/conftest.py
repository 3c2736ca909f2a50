"""A plane whose processes may be killed, and whose settings are odd."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.plane import Plane


@pytest.fixture(scope="package")
def lonely_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """Another plane, for tests that kill its processes or need its odd settings: short periods, low limits."""
    settings = {
        "CONTROLPLANE_SWEEP_SECONDS": "1",
        "CONTROLPLANE_DELETED_ENVIRONMENT_DAYS": "0",
        "CONTROLPLANE_ENVIRONMENTS_PER_ACCOUNT": "2",
        "CONTROLPLANE_API_KEYS_PER_ENVIRONMENT": "3",
        "CONTROLPLANE_ACCOUNTS_PER_USER": "2",
        # More than any test needs, and less than a busy machine does in a second.
        "CONTROLPLANE_ENVIRONMENT_REQUESTS_PER_SECOND": "100",
        "CONTROLPLANE_LOGIN_FAILURES_ALLOWED": "3",
        "ENVRUNNER_QUERY_SECONDS": "2",
    }
    with Plane(tmp_path_factory.mktemp("lonely"), settings) as running:
        yield running

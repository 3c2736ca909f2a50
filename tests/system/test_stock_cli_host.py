"""The CLI told nothing but a host name and an API key: it then goes to that host's ports 8080 and 9070."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import own_network
from tests.support.cli import VERSIONS, Cli
from tests.support.plane import Plane
from tests.system.conftest import Examples

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not own_network.permitted(), reason="this account may not make network namespaces here"),
]

Attempt = Callable[..., tuple[int, str]]


@pytest.fixture(params=VERSIONS)
def attempt(request: pytest.FixtureRequest, plane: Plane, examples: Examples, tmp_path: Path) -> Attempt:
    """Runs a command with a token; standard ports lead to the plane's shared ones, where the host name decides."""
    host = f"{examples.environment.label}.env.local.restate.localhost"
    forwards = {8080: plane.endpoints["ingressPort"], 9070: plane.endpoints["adminPort"]}

    def run(token: str, *arguments: str) -> tuple[int, str]:
        settings = {"RESTATE_HOST_SCHEME": "http", "RESTATE_HOST": host, "RESTATE_AUTH_TOKEN": token}
        cli = Cli(request.param, tmp_path, settings)
        return own_network.run([cli.binary, *arguments], cli.home, cli.env, host, forwards)

    return run


def test_whoami_and_services_by_host_name(attempt: Attempt, examples: Examples) -> None:
    key = examples.environment.api_key()
    host = f"http://{examples.environment.label}.env.local.restate.localhost"

    status, shown = attempt(key, "whoami")
    assert status == 0, shown
    assert f"Admin Service '{host}:9070/' is healthy!" in shown
    assert f"{host}:8080/" in shown

    status, shown = attempt(key, "services", "list")
    assert status == 0, shown
    assert "roleUpdate" in shown


def test_the_host_name_alone_opens_nothing(attempt: Attempt, examples: Examples) -> None:
    status, shown = attempt(examples.environment.api_key("ingress"), "services", "list")
    assert status == 1, shown
    assert "roleUpdate" not in shown

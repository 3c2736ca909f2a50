"""The documents' own lines, on a machine of its own where every port is as they say: 9080, 8080, 9070."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support import own_network
from tests.support.cli import Cli
from tests.support.own_network import OwnNetwork
from tests.support.plane import Plane
from tests.support.services import CHECKOUT, NODE
from tests.support.tenants import Environment
from tests.support.tunnel_command import TunnelCommand
from tests.support.waiting import until

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not own_network.permitted(), reason="this account may not make network namespaces here"),
]


@dataclass(frozen=True)
class Laptop:
    """Its ``cli`` is signed in and configured; ``MyService`` listens on its port 9080."""

    network: OwnNetwork
    cli: Cli

    def run(self, line: str) -> str:
        """What a line of the documents prints."""
        program, *rest = shlex.split(line)
        if program == "restate":
            return self.cli.run(*rest)
        argv = self.network.argv([program, *rest], self.cli.home)
        return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True).stdout

    def listens(self, port: int) -> bool:
        """Whether something on it takes connections."""
        argv = self.network.argv(["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"], self.cli.home)
        return subprocess.run(argv, capture_output=True, timeout=60, check=False).returncode == 0

    def start(self, line: str) -> TunnelCommand:
        """A line of the documents that goes on."""
        assert line.startswith("restate cloud env tunnel ")
        return TunnelCommand(self.cli, *shlex.split(line)[4:])


@pytest.fixture
def laptop(plane: Plane, environment: Callable[..., Environment], tmp_path: Path) -> Iterator[Laptop]:
    home = environment()
    at = plane.endpoints
    named = [urlsplit(url).port for url in (plane.api_url, home.ingress_url, home.admin_url)]
    ports = {*(port for port in named if port), at["relayPort"], at["tunnelProxyPort"]}
    with OwnNetwork([], {port: port for port in ports}) as network:
        cli = Cli("1.5.6", tmp_path, network=network)
        cli.sign_in(home.owner.token, plane.api_url)
        cli.configure()
        with my_service(network, tmp_path, home.signing_public_key):
            yield Laptop(network, cli)


@contextmanager
def my_service(network: OwnNetwork, directory: Path, identity_key: str) -> Iterator[None]:
    """Listening inside the block."""
    argv = network.argv([NODE, "my_service.ts"], CHECKOUT / "tests" / "support")
    env = {"PATH": os.environ["PATH"], "RESTATE_IDENTITY_KEYS": identity_key}
    log = directory / "service.log"
    with log.open("ab") as written, subprocess.Popen(argv, env=env, stdout=written, stderr=written) as process:
        try:
            until(lambda: "9080" in log.read_text())
            yield
        finally:
            process.terminate()


def test_a_service_on_a_laptop_and_calls_from_it_without_a_token(laptop: Laptop) -> None:
    with laptop.start("restate cloud env tunnel --local-port 9080") as tunnel:
        register = tunnel.wait_shown(r"restate deployments register tunnel://[\w-]+:\d+")[0]
        assert "MyService" in laptop.run(f"{register} --yes")
        with laptop.start("restate cloud env tunnel --remote-port 8080") as ingress:
            ingress.wait_shown("8080")
            until(lambda: laptop.listens(8080))
            assert laptop.run("curl -sS localhost:8080/MyService/myHandler") == '"my word"'
        with laptop.start("restate cloud env tunnel --remote-port 9070") as admin:
            admin.wait_shown("9070")
            until(lambda: laptop.listens(9070))
            assert "MyService" in laptop.run("curl -sS localhost:9070/services")

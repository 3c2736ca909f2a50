"""A plane whose relays have certificates and names in DNS, and a network in which stock CLIs from 1.6 on find them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import ports, services
from tests.support.certificates import Authority
from tests.support.cli import Cli
from tests.support.own_network import OwnNetwork
from tests.support.plane import Plane
from tests.support.relay_node import RelayNode
from tests.support.services import Service
from tests.support.tenants import Caller, Environment, create_environment, sign_up
from tests.support.tunnel_command import TunnelCommand

DOMAIN = "cloud.test.example"
TUNNEL = f"tunnel.local.{DOMAIN}"
RELAY, OTHER_RELAY = f"relay-1.{DOMAIN}", f"relay-2.{DOMAIN}"
_BESIDE = 90


@dataclass(frozen=True)
class Private:
    """The services answer only to ``environment``, in whose name ``caller`` calls; only tunnels lead to them.

    ``service`` speaks HTTP/2 only, ``python`` also HTTP/1.1. Engines call the plane's own relay; of two nodes
    ``other`` is the one beside it.
    """

    plane: Plane
    authority: Authority
    network: OwnNetwork
    environment: Environment
    caller: Caller
    service: Service
    python: Service
    nodes: int
    other: RelayNode | None

    def cli(self, version: str, home: Path, environment: Environment | None = None) -> Cli:
        """Configured for ``environment``, by its owner."""
        mine = environment or self.environment
        settings = {"SSL_CERT_FILE": str(self.authority.certificate)}
        cli = Cli(version, home, settings, self.network)
        cli.sign_in(mine.owner.token, self.plane.api_url)
        cli.configure(f"{mine.account_name}/{mine.name}")
        return cli

    def tunnel(self, cli: Cli, name: str, *, kept: bool = False) -> TunnelCommand:
        """Without its remote ports, where the version can; once it is connected."""
        none = [] if "restate-cli-1.6" in str(cli.binary) else ["--no-remote-ports"]
        tunnel = TunnelCommand(cli, "--tunnel-name", name, *none, kept=kept)
        tunnel.wait_shown(rf"tunnel://{name}\s+\({self.nodes}/{self.nodes} connected\)")
        return tunnel

    def register(self, cli: Cli, name: str, *options: str, service: Service | None = None) -> str:
        """What the CLI prints."""
        url = f"http://localhost:{(service or self.service).port}"
        return cli.run("deployments", "register", "--tunnel-name", name, url, "--yes", *options)


@contextmanager
def private(directory: Path, nodes: int = 1) -> Iterator[Private]:
    """Up inside the block, with one relay node or two."""
    authority, base = Authority(directory), ports.free_base()
    names = [RELAY, OTHER_RELAY][:nodes]
    certificate, key = authority.issue([TUNNEL, *names])
    settings = {
        "CONTROLPLANE_DOMAIN": DOMAIN,
        "ENVRUNNER_RELAY_CERTIFICATE": str(certificate),
        "ENVRUNNER_RELAY_KEY": str(key),
        "ENVRUNNER_RELAY_PUBLIC_URL": f"https://{RELAY}:{base + 4}",
    }
    if nodes > 1:
        settings["ENVRUNNER_RELAY_NODE_URL"] = f"http://127.0.0.1:{base + 3}"
    relays = dict(zip(names, (base + 4, base + _BESIDE), strict=False))
    with Plane(directory, settings, base) as plane, _beside(plane, nodes) as other:
        home = create_environment(sign_up(plane.api_url))
        (directory / "python").mkdir()
        keys = [home.signing_public_key]
        with services.typescript(directory, keys) as service, services.python(directory / "python", keys) as python:
            inside = [base, *relays.values(), service.port, python.port, *range(base + 100, base + 110)]
            with OwnNetwork([], {port: port for port in inside}, {TUNNEL: list(relays.items())}) as network:
                caller = home.using(home.api_key())
                yield Private(plane, authority, network, home, caller, service, python, nodes, other)


@contextmanager
def _beside(plane: Plane, nodes: int) -> Iterator[RelayNode | None]:
    if nodes == 1:
        yield None
        return
    port = plane.base + _BESIDE
    settings = {
        "RELAY_PORT": port,
        "TUNNEL_PROXY_PORT": port + 1,
        "RELAY_PUBLIC_URL": f"https://{OTHER_RELAY}:{port}",
        "RELAY_NODE_URL": f"http://127.0.0.1:{port + 1}",
    }
    with RelayNode(plane, settings) as node:
        yield node

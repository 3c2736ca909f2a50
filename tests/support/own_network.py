"""A network of its own for programs that insist on standard ports and names, with a hosts file of our choice."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

from tests.support import name_server
from tests.support.name_server import Services

CHECKOUT = Path(__file__).resolve().parents[2]

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1  # netdevice(7)
UNSHARE = ["unshare", "--mount", "--net"]


def permitted() -> bool:
    """Whether this account may make namespaces here."""
    probe = subprocess.run([*UNSHARE, "true"], capture_output=True, check=False) if shutil.which("unshare") else None
    return probe is not None and probe.returncode == 0


class OwnNetwork:
    """Inside it ``names`` are loopback, and loopback port → our loopback port. With ``services`` there is DNS.

    As a context manager it exists inside the block; what still runs in it then has no way out any more.
    """

    def __init__(self, names: Iterable[str], forwards: Mapping[int, int], services: Services | None = None) -> None:
        self.names = list(names)
        self.services = services
        self.forwards = dict(forwards)

    def __enter__(self) -> Self:
        ours, theirs = socket.socketpair()
        self._files = tempfile.TemporaryDirectory(prefix="network-")
        hosts, resolver = Path(self._files.name, "hosts"), Path(self._files.name, "resolv.conf")
        hosts.write_text(f"127.0.0.1 localhost {' '.join(self.names)}\n")
        resolver.write_text("nameserver 127.0.0.1\n")
        inside = [sys.executable, "-m", __name__, str(theirs.fileno()), str(hosts), str(resolver)]
        what = [",".join(map(str, self.forwards)), json.dumps(self.services)]
        self._holder = subprocess.Popen(
            [*UNSHARE, *inside, *what], pass_fds=[theirs.fileno()], stdin=subprocess.PIPE, cwd=CHECKOUT
        )
        theirs.close()
        _, listeners, _, _ = socket.recv_fds(ours, 1, len(self.forwards))
        ours.close()
        assert len(listeners) == len(self.forwards), "the network could not be made"
        self._listeners = [socket.socket(fileno=number) for number in listeners]
        for listener, port in zip(self._listeners, self.forwards.values(), strict=True):
            Thread(target=_serve, args=(listener, port), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for listener in self._listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self._holder.communicate(timeout=10)
        self._files.cleanup()

    def argv(self, argv: Sequence[str | Path], cwd: Path) -> list[str]:
        """The command that runs ``argv`` inside."""
        enter = ["nsenter", f"--target={self._holder.pid}", "--mount", "--net", f"--wd={cwd}", "--"]
        return [*enter, *map(str, argv)]


def run(
    argv: Sequence[str | Path], cwd: Path, env: Mapping[str, str], host: str, forwards: Mapping[int, int]
) -> tuple[int, str]:
    """Exit status and output of a program in a network of its own, in which ``host`` is loopback."""
    with OwnNetwork([host], forwards) as network:
        done = subprocess.run(
            network.argv(argv, cwd),
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
    return done.returncode, done.stdout


def _serve(listener: socket.socket, port: int) -> None:
    """Carry each connection to our port until the listener is shut down."""
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        try:
            server = socket.create_connection(("127.0.0.1", port))
        except OSError:
            # Nobody is there now; somebody may be there for the next one.
            client.close()
            continue
        Thread(target=_carry, args=(client, server), daemon=True).start()


def _carry(client: socket.socket, server: socket.socket) -> None:
    back = Thread(target=_copy, args=(server, client), daemon=True)
    back.start()
    _copy(client, server)
    back.join()
    # Here and now: who was reset hears of it only by that.
    client.close()
    server.close()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        # What was reset is reset for the other side, too: once nobody waits for it any more, and it is closed.
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RD)


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        flags = struct.unpack("16sh", fcntl.ioctl(any_socket, _GET_FLAGS, struct.pack("16sh", b"lo", 0)))[1]
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh", b"lo", flags | _UP))


def _hold(number: str, hosts: str, resolver: str, ports: str, services: str) -> None:
    """Within the new namespaces: hand the listeners out, whose other side is reached from outside only, and wait."""
    _loopback_up()
    for ours, theirs in ((hosts, "/etc/hosts"), (resolver, "/etc/resolv.conf")):
        subprocess.run(["mount", "--bind", ours, theirs], check=True)
    listeners = [socket.create_server(("127.0.0.1", int(port))) for port in ports.split(",")]
    if json.loads(services):
        name_server.start(json.loads(services))
    with socket.socket(fileno=int(number)) as channel:
        socket.send_fds(channel, [b"x"], [listener.fileno() for listener in listeners])
    os.read(0, 1)


if __name__ == "__main__":
    _hold(*sys.argv[1:])

"""A network of its own for a program that insists on standard ports, with names of our choice in its hosts file."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Thread

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1  # netdevice(7)
UNSHARE = ["unshare", "--mount", "--net"]


def permitted() -> bool:
    """Whether this account may make namespaces here."""
    probe = subprocess.run([*UNSHARE, "true"], capture_output=True, check=False) if shutil.which("unshare") else None
    return probe is not None and probe.returncode == 0


def run(
    argv: Sequence[str | Path], cwd: Path, env: Mapping[str, str], host: str, forwards: Mapping[int, int]
) -> tuple[int, str]:
    """Exit status and output of a program to which ``host`` is loopback, and loopback port → our loopback port."""
    ours, theirs = socket.socketpair()
    with tempfile.NamedTemporaryFile("w", suffix=".hosts") as hosts:
        hosts.write(f"127.0.0.1 localhost {host}\n")
        hosts.flush()
        inside = [sys.executable, __file__, str(theirs.fileno()), hosts.name, ",".join(map(str, forwards))]
        process = subprocess.Popen(
            [*UNSHARE, *inside, *map(str, argv)],
            cwd=cwd,
            env=dict(env),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        theirs.close()
        _, listeners, _, _ = socket.recv_fds(ours, 1, len(forwards))
        assert listeners, process.communicate()[0]
        opened = [socket.socket(fileno=number) for number in listeners]
        for listener, port in zip(opened, forwards.values(), strict=True):
            Thread(target=_serve, args=(listener, port), daemon=True).start()
        output, _ = process.communicate(timeout=60)
    for listener in opened:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    ours.close()
    return process.returncode, output


def _serve(listener: socket.socket, port: int) -> None:
    """Carry each connection to our port until the listener is shut down."""
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        server = socket.create_connection(("127.0.0.1", port))
        for source, sink in ((client, server), (server, client)):
            Thread(target=_copy, args=(source, sink), daemon=True).start()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        sink.close()


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        flags = struct.unpack("16sh", fcntl.ioctl(any_socket, _GET_FLAGS, struct.pack("16sh", b"lo", 0)))[1]
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh", b"lo", flags | _UP))


def _inside(number: str, hosts: str, ports: str, argv: Sequence[str]) -> None:
    """Within the new namespaces: hand the listeners out, whose other side is reached from outside only, and go on."""
    _loopback_up()
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
    listeners = [socket.create_server(("127.0.0.1", int(port))) for port in ports.split(",")]
    with socket.socket(fileno=int(number)) as channel:
        socket.send_fds(channel, [b"x"], [listener.fileno() for listener in listeners])
    os.execv(argv[0], list(argv))


if __name__ == "__main__":
    _inside(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])

"""HTTPS in front of a plain HTTP server of ours, for programs that know nothing else."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread


@contextmanager
def in_front_of(port: int, certificate: Path, key: Path) -> Iterator[int]:
    """The loopback port on which ``port`` is reached by TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=_serve, args=(listener, context, port), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, context: ssl.SSLContext, port: int) -> None:
    """One exchange a connection: the answer's end is the connection's."""
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        Thread(target=_exchange, args=(plain, context, port), daemon=True).start()


def _exchange(plain: socket.socket, context: ssl.SSLContext, port: int) -> None:
    try:
        with (
            context.wrap_socket(plain, server_side=True) as client,
            socket.create_connection(("127.0.0.1", port)) as to,
        ):
            back = Thread(target=_copy, args=(to, client), daemon=True)
            back.start()
            _copy(client, to)
            back.join()
    except OSError:
        plain.close()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    """Until the source ends; an SSLSocket may be read and written by two threads, as long as each does one."""
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
        if not isinstance(sink, ssl.SSLSocket):
            sink.shutdown(socket.SHUT_WR)
        else:
            sink.unwrap().close()
    except (OSError, ValueError):
        return

"""Asking a process whether it answers."""

from __future__ import annotations

import http.client
import socket
from pathlib import Path

_TIMEOUT_SECONDS = 2.0


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_TIMEOUT_SECONDS)
        self.sock.connect(str(self._path))


def http_status(where: int | Path, path: str) -> int | None:
    """Status of ``GET path`` on a port of 127.0.0.1 or on a unix socket; None when there is no HTTP answer."""
    connection = _connection(where)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def accepts(where: Path) -> bool:
    """Whether somebody listens on a unix socket."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(_TIMEOUT_SECONDS)
        return asking.connect_ex(str(where)) == 0


def _connection(where: int | Path) -> http.client.HTTPConnection:
    if isinstance(where, Path):
        return _UnixConnection(where)
    return http.client.HTTPConnection("127.0.0.1", where, timeout=_TIMEOUT_SECONDS)


def port_in_use(port: int) -> bool:
    """Whether something listens on the port of 127.0.0.1 (or on all addresses)."""
    with socket.socket() as listener:
        # As servers bind: connections that were closed a moment ago do not count.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False

"""The node agent's way to the edge (docs/wire.md): before a restart it has nginx give up its kept connections."""

from __future__ import annotations

import re
import socketserver
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from envrunner.edge.mirror import Mirror
from envrunner.edge.sockets import listener

_PATH = re.compile(r"/engines/([0-9a-z]{27})/fresh")


class Door:
    """``POST /engines/{label}/fresh``: 204 when each further request connects anew, 503: not yet."""

    def __init__(self, mirror: Mirror, path: Path) -> None:
        self._mirror, self._path = mirror, path

    def run(self) -> None:
        """Never returns."""
        handler = type("Handler", (_Handler,), {"mirror": self._mirror})
        with _Server(str(self._path), handler, bind_and_activate=False) as server:
            server.socket.close()
            server.socket = listener(self._path)
            server.serve_forever()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    mirror: Mirror
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        """Without a body."""
        named = _PATH.fullmatch(self.path)
        if named is None:
            self._answer(404)
        else:
            self._answer(204 if self.mirror.fresh(named[1]) else 503)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """The agent logs its restarts."""

    def address_string(self) -> str:
        """A unix socket has none."""
        return "agent"

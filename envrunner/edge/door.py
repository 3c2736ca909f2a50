"""The way to the edge on its own host (docs/wire.md): the node agent's before a restart, a scraper's for metrics."""

from __future__ import annotations

import re
import socketserver
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from envrunner.edge.mirror import Mirror
from envrunner.edge.sockets import listener

_PATH = re.compile(r"/engines/([0-9a-z]{27})/fresh")


class Door:
    """``POST /engines/{label}/fresh``: 204 when each further request connects anew, 503: not yet. ``GET /metrics``."""

    def __init__(self, mirror: Mirror, path: Path, metrics: Callable[[], str]) -> None:
        self._mirror, self._path, self._metrics = mirror, path, metrics

    def run(self) -> None:
        """Never returns."""
        handler = type("Handler", (_Handler,), {"mirror": self._mirror, "metrics": staticmethod(self._metrics)})
        with _Server(str(self._path), handler, bind_and_activate=False) as server:
            server.socket.close()
            server.socket = listener(self._path)
            server.serve_forever()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    mirror: Mirror
    metrics: Callable[[], str]
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        """Without a body."""
        named = _PATH.fullmatch(self.path)
        if named is None:
            self._answer(404)
        else:
            self._answer(204 if self.mirror.fresh(named[1]) else 503)

    def do_GET(self) -> None:
        """``/metrics`` and nothing else."""
        if self.path != "/metrics":
            self._answer(404)
            return
        body = self.metrics().encode()
        self.send_response(200)
        self.send_header("content-type", "text/plain; version=0.0.4")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

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

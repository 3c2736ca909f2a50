"""The wire's double: the control plane's side of docs/wire.md, as far as a runner-worker uses it.

A real HTTP server on a real unix socket; only what decides is made up. That the real control plane speaks the same
wire is checked by tests/contract.
"""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from envrunner.wire import Spec

CREDENTIAL = "rc_test"


class ControlPlane:
    """Specs by id, and what was told. `start` and `stop` at will."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._server: _Server | None = None
        self.specs: dict[str, Spec] = {}
        self.reports: list[dict[str, Any]] = []
        self.posts = 0
        self.heartbeats: list[dict[str, Any]] = []
        self.lines: dict[str, list[dict[str, Any]]] = {}
        self.answers_to_logs: list[int] = []
        self.credential = CREDENTIAL

    def put(self, *specs: Spec) -> None:
        """Decide."""
        self.specs |= {spec.environment_id: spec for spec in specs}

    def reported(self, spec: Spec) -> list[tuple[int, str]]:
        """Generation and state of the reports about one environment, in order."""
        mine = [one for one in self.reports if one["environmentId"] == spec.environment_id]
        return [(one["generation"], one["state"]) for one in mine]

    def logged(self, environment_id: str) -> list[str]:
        """The texts of the lines taken, in the order of their numbers."""
        return [line["line"] for line in self.lines.get(environment_id, [])]

    def take(self, items: list[dict[str, Any]]) -> None:
        """Lines after the last one known, as docs/wire.md says."""
        for item in items:
            known = self.lines.setdefault(item["environmentId"], [])
            last = known[-1]["sequence"] if known else 0
            known.extend(line for line in item["lines"] if line["sequence"] > last)

    def start(self) -> None:
        """Serve in a thread."""
        self._server = _Server(str(self._path), _Handler)
        self._server.plane = self
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections from now on."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._path.unlink()
            self._server = None


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128
    plane: ControlPlane

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that was killed in the middle is what tests do."""


class _Handler(BaseHTTPRequestHandler):
    """HTTP/1.0: each call is a connection, so that `stop` cuts at once."""

    server: _Server
    request: socket.socket

    def do_GET(self) -> None:
        plane = self.server.plane
        if not self._authorised():
            return
        if self.path == "/internal/v1/specs":
            self._answer(200, {"items": [json.loads(spec.to_json()) for spec in plane.specs.values()]})
        elif spec := plane.specs.get(self.path.removeprefix("/internal/v1/specs/")):
            self._answer(200, json.loads(spec.to_json()))
        else:
            self._answer(404, {"code": "not_found", "message": "not this runner's environment"})

    def do_POST(self) -> None:
        plane = self.server.plane
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if not self._authorised():
            return
        if self.path == "/internal/v1/reports":
            plane.posts += 1
            plane.reports.extend(body["items"])
            self._answer(204, None)
        elif self.path == "/internal/v1/logs":
            self._take_logs(body["items"])
        elif self.path == "/internal/v1/heartbeat":
            plane.heartbeats.append(body)
            self._answer(204, None)
        else:
            self._answer(404, {"code": "not_found", "message": self.path})

    def _take_logs(self, items: list[dict[str, Any]]) -> None:
        plane = self.server.plane
        status = plane.answers_to_logs.pop(0) if plane.answers_to_logs else 204
        if status not in (400, 413, 422):
            # A 500 may come after all has been stored: to the caller the two cases are one.
            plane.take(items)
        self._answer(status, None if status == 204 else {"code": "told_to", "message": "as the test wants it"})

    def address_string(self) -> str:
        return "unix"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Quiet."""

    def _authorised(self) -> bool:
        if self.headers["authorization"] == f"Bearer {self.server.plane.credential}":
            return True
        self._answer(401, {"code": "unauthenticated", "message": "unknown credential"})
        return False

    def _answer(self, status: int, body: object) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

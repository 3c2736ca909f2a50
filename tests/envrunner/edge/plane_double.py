"""A double of the control plane's internal API (docs/wire.md): a change log in memory behind a real unix socket."""

from __future__ import annotations

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.envrunner.specs import spec

CREDENTIAL = "runner-credential-of-the-double"


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that was killed is what these tests are about: nothing to print."""


class PlaneDouble:
    """``change`` commits one change; ``stop`` and ``start`` are the control plane's death and return."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.usage: dict[str, str] = {}
        self.throttled: list[dict[str, Any]] = []
        self.tunnels: dict[str, Any] = {}
        self.snapshots = 0
        self.asked: list[dict[str, Any]] = []
        self.recorded: list[dict[str, Any]] = []
        self.codes: dict[tuple[str, str], dict[str, Any]] = {}
        """By environment and code: what is answered, once."""
        self.records = True
        self.verdict: tuple[int, dict[str, Any]] = (200, {"admitted": True, "message": None})
        self._log: list[dict[str, Any]] = []
        self._first = 1
        self._sequence = 0
        self._tables: dict[str, dict[str, Any]] = {}
        self._changed = threading.Condition()
        self._server: _Server | None = None

    @property
    def sequence(self) -> int:
        return self._sequence

    def change(self, table: str, key: str, value: Any) -> None:
        with self._changed:
            self._sequence += 1
            self._put(table, key, value)
            self._log.append({"sequence": self._sequence, "table": table, "key": key, "value": value})
            self._changed.notify_all()

    def change_unlogged(self, table: str, key: str, value: Any) -> None:
        """Change the tables and trim the whole log: followers must take a snapshot."""
        with self._changed:
            self._sequence += 1
            self._put(table, key, value)
            self._log.clear()
            self._first = self._sequence + 1
            self._changed.notify_all()

    def rewind(self, sequence: int) -> None:
        """Be an older, empty database that has counted to ``sequence``."""
        with self._changed:
            self._sequence, self._first = sequence, sequence + 1
            self._log.clear()
            self._tables = {"settings": self._tables["settings"]}
            self._changed.notify_all()

    def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        double = self

        class Handler(_Handler):
            plane = double

        self._server = _Server(str(self.socket), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        server, self._server = self._server, None
        if server:
            self.socket.unlink(missing_ok=True)
            with self._changed:
                self._changed.notify_all()
            server.shutdown()
            server.server_close()

    @property
    def running(self) -> bool:
        return self._server is not None

    def snapshot(self) -> dict[str, Any]:
        with self._changed:
            self.snapshots += 1
            return {"sequence": self._sequence, "tables": json.loads(json.dumps(self._tables))}

    def changes(self, after: int, wait: float) -> dict[str, Any]:
        with self._changed:
            self._changed.wait_for(lambda: self._sequence != after or not self.running, wait)
            if not self.running:  # what changes from now on is told by whoever starts again
                return {"sequence": after, "reset": False, "items": []}
            if after > self._sequence or after + 1 < self._first:
                return {"sequence": self._sequence, "reset": True, "items": []}
            items = [item for item in self._log if item["sequence"] > after]
            return {"sequence": self._sequence, "reset": False, "items": items}

    def _put(self, table: str, key: str, value: Any) -> None:
        entries = self._tables.setdefault(table, {})
        if value is None:
            entries.pop(key, None)
        else:
            entries[key] = value


class _Handler(BaseHTTPRequestHandler):
    plane: PlaneDouble
    protocol_version = "HTTP/1.1"

    def __getattr__(self, name: str) -> Any:
        if name in ("do_GET", "do_POST"):
            return self._get if name == "do_GET" else self._post
        raise AttributeError(name)

    def _get(self) -> None:
        if not self.plane.running or self.headers["authorization"] != f"Bearer {CREDENTIAL}":
            self.close_connection = True
            return self._answer(503 if not self.plane.running else 401, {"code": "no", "message": "no"})
        url = urlsplit(self.path)
        if url.path == "/internal/v1/edge/snapshot":
            return self._answer(200, self.plane.snapshot())
        if url.path.startswith("/internal/v1/specs/"):
            return self._answer(200, json.loads(spec(int(url.path.rpartition("_")[2])).to_json()))
        query = parse_qs(url.query)
        return self._answer(200, self.plane.changes(int(query["after"][0]), min(30.0, float(query["wait"][0]))))

    def _post(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if not self.plane.running:
            # A connection that was kept outlives the listener.
            self.close_connection = True
            return self._answer(503, {"code": "no", "message": "no"})
        if self.path == "/internal/v1/tunnels":
            self.plane.tunnels = body
        elif self.path == "/internal/v1/admission":
            self.plane.asked.append(body)
            return self._answer(*self.plane.verdict)
        elif self.path == "/internal/v1/ui-sessions":
            refused = {"name": None, "value": None, "message": "There is no such code."}
            return self._answer(200, self.plane.codes.pop((body["environmentId"], body["code"]), refused))
        elif self.path == "/internal/v1/edge/throttling":
            self.plane.throttled += body["items"]
        elif self.path == "/internal/v1/audit":
            return self._record(body["items"])
        else:
            self.plane.usage.update(body["keys"])
        return self._answer(204, None)

    def _record(self, items: list[dict[str, Any]]) -> None:
        if not self.plane.records:
            return self._answer(503, {"code": "busy", "message": "no"})
        self.plane.recorded += items
        return self._answer(204, None)

    def _answer(self, status: int, body: Any) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass

    def address_string(self) -> str:
        return "unix"

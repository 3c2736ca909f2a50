"""A double of the node agent (docs/wire.md), which is told what engines may reach."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Self

from envrunner.wire import Spec


class AgentDouble:
    """``heard`` gets each spec before its answer goes out."""

    def __init__(self, socket: Path, heard: Callable[[Spec], None]) -> None:
        class Handler(_Handler):
            tell = staticmethod(heard)

        socket.unlink(missing_ok=True)
        self._socket, self._server = socket, socketserver.ThreadingUnixStreamServer(str(socket), Handler)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._socket.unlink()


class _Handler(BaseHTTPRequestHandler):
    tell: Callable[[Spec], None]

    def do_PUT(self) -> None:
        spec = Spec.model_validate_json(self.rfile.read(int(self.headers["content-length"])))
        self.tell(spec)
        state = {"environmentId": spec.environment_id, "generation": spec.generation, "state": "READY"}
        data = json.dumps(state | {"engineVersion": spec.engine_version, "since": "2027-01-31T12:00:00Z"}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass

    def address_string(self) -> str:
        return "unix"

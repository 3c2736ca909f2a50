"""A small real HTTP/1.1 server on an engine's two sockets: it tells what reached it."""

from __future__ import annotations

import json
import queue
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that was killed is what these tests are about: nothing to print."""


class EchoEngine:
    """Answers 200 with what it got. Paths that end so are special:

    ``/stream`` sends a chunk for each item put into ``to_send`` (None ends) · ``/upload`` puts each chunk it gets into
    ``received`` · ``/teapot`` answers an engine's own error · ``/die`` hangs up ·
    ``/redirect`` tries to steer the edge.
    """

    def __init__(self, directory: Path, label: str) -> None:
        self.label = label
        self.directory = directory / label
        self.requests = 0
        self.connections = 0
        self.hold_queries = False
        self.queries_begin = b""
        """What is answered to a held query, byte for byte."""
        self.canned: dict[str, bytes] = {}
        """By path: all that is answered, byte for byte; where that says no end of its own, the connection ends."""
        self.asked: list[str] = []
        """The heads of requests for them."""
        self.to_send: queue.Queue[bytes | None] = queue.Queue()
        self.received: queue.Queue[bytes] = queue.Queue()
        self._servers: list[_Server] = []

    def start(self) -> EchoEngine:
        self.directory.mkdir(parents=True, exist_ok=True)
        for directory in (self.directory.parent, self.directory):
            directory.chmod(0o711)
        for port in "ia":
            path = self.directory / f"{port}.sock"
            path.unlink(missing_ok=True)

            class Handler(_Handler):
                engine = self
                side = port

            server = _Server(str(path), Handler)
            path.chmod(0o666)
            self._servers.append(server)
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._servers.clear()
        for port in "ia":
            (self.directory / f"{port}.sock").unlink(missing_ok=True)


class _Handler(BaseHTTPRequestHandler):
    engine: EchoEngine
    side: str
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.engine.connections += 1

    def _handle(self) -> None:
        self.engine.requests += 1
        # The library's own `path` folds leading slashes: only the request line is what was sent.
        target = self.requestline.split(" ")[1]
        if answer := self.engine.canned.get(target.partition("?")[0]):
            self.engine.asked.append(f"{self.requestline}\r\n{self.headers}")
            self._body()
            self.wfile.write(answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if self.command == "HEAD" else answer)
            # nginx keeps what has not said that it ends, and may use it once more just before it does.
            self.close_connection |= not _is_whole(answer)
            return
        special = target.partition("?")[0].rpartition("/")[2]
        action = (
            getattr(self, f"_{special}", None) if special in {"stream", "upload", "teapot", "die", "redirect"} else None
        )
        if action:
            action()
            return
        body = self._body()
        if self.engine.hold_queries and special == "query":
            self.wfile.write(self.engine.queries_begin)
            self.rfile.read(1)  # answers nothing more until the caller hangs up
            return
        document = {
            "label": self.engine.label,
            "side": self.side,
            "method": self.command,
            "target": target,
            "headers": [[name.lower(), value] for name, value in self.headers.items()],
            "body": body.decode("latin-1") if len(body) < 10_000 else None,
            "bodyBytes": len(body),
        }
        self._send(200, json.dumps(document).encode(), {"content-type": "application/json"})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._handle
        raise AttributeError(name)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("access-control-allow-credentials", "true")
        self.send_header("x-request-id", "the-engine's-own")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _stream(self) -> None:
        # The one of now: a call that comes later may have another.
        chunks = self.engine.to_send
        self.send_response(200)
        self.send_header("content-type", "application/x-ndjson")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        while (chunk := chunks.get()) is not None:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")

    def _upload(self) -> None:
        while chunk := self._chunk():
            self.engine.received.put(chunk)
        self.engine.received.put(b"")
        self._send(200, b"{}", {"content-type": "application/json"})

    def _teapot(self) -> None:
        self._body()
        self._send(
            503,
            b'{"code":503,"source":"ingress"}',
            {"content-type": "application/json", "x-restate-error-source": "ingress"},
        )

    def _die(self) -> None:
        self._body()
        self.close_connection = True

    def _redirect(self) -> None:
        self._send(200, b"{}", {"x-accel-redirect": "/query", "content-type": "text/plain; charset=x"})

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "") == "chunked":
            return b"".join(iter(self._chunk, b""))
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline().split(b";")[0], 16)
        data = self.rfile.read(size)
        self.rfile.readline()
        return data

    def log_message(self, *_: Any) -> None:
        pass

    def address_string(self) -> str:
        return "unix"


def _is_whole(answer: bytes) -> bool:
    """Whether it says where it ends, and that the connection goes on."""
    head, _, body = answer.lower().partition(b"\r\n\r\n")
    lines = [line.partition(b":") for line in head.split(b"\r\n")[1:]]
    fields = {name: value.strip() for name, _, value in lines}
    if fields.get(b"transfer-encoding") == b"chunked":
        framed = body.endswith(b"0\r\n\r\n")
    else:
        framed = fields.get(b"content-length") == str(len(body)).encode()
    return framed and fields.get(b"connection") != b"close"

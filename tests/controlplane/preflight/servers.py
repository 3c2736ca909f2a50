"""Hosts as they are found out there: with good and bad certificates, old HTTP, none, and buffers."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

App = Callable[[dict[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]
MANIFEST = {
    "protocolMode": "BIDI_STREAM",
    "minProtocolVersion": 5,
    "maxProtocolVersion": 6,
    "services": [{"name": "Greeter", "ty": "SERVICE", "handlers": []}],
}
KIND = "application/vnd.restate.endpointmanifest.v3+json"
Certificate = tuple[Path, Path]


def answering(status: int = 200, headers: dict[str, str] | None = None, body: bytes | None = None) -> App:
    """At once, whatever is asked; an endpoint manifest when nothing else is said."""
    said = json.dumps(MANIFEST).encode() if body is None else body
    named = [(k.encode(), v.encode()) for k, v in (headers or {"content-type": KIND}).items()]

    async def app(scope: dict[str, Any], _receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": status, "headers": named})
        await send({"type": "http.response.body", "body": said})

    return app


def buffering(inner: App) -> App:
    """As hosts do that hand a request on only when they have all of it."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        while (await receive()).get("more_body"):
            pass
        await inner(scope, receive, send)

    return app


@contextmanager
def hosted(app: App, certificate: Certificate | None = None, port: int = 0) -> Iterator[int]:
    """The port of hypercorn with this application: HTTP/2 and HTTP/1.1, by TLS when there is a certificate."""
    listener = socket.create_server(("127.0.0.1", port))
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.loglevel = "CRITICAL"
    if certificate is not None:
        config.certfile, config.keyfile = map(str, certificate)
    loop, over = asyncio.new_event_loop(), asyncio.Event()
    running = serve(app, config, shutdown_trigger=over.wait)  # type: ignore[arg-type]
    thread = threading.Thread(target=loop.run_until_complete, args=(running,))
    thread.start()
    number = listener.getsockname()[1]
    try:
        yield number
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(30)
        loop.close()


@contextmanager
def old_http(status: int = 200, kind: str = KIND, body: bytes = json.dumps(MANIFEST).encode()) -> Iterator[int]:
    """The port of a server that knows HTTP/1.1 only."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@contextmanager
def saying(greeting: bytes) -> Iterator[int]:
    """The port of something that says this to everybody and then nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept: list[socket.socket] = []

        def greet() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                    peer.sendall(greeting)
                except OSError:
                    return
                kept.append(peer)

        threading.Thread(target=greet, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        for peer in kept:
            peer.close()

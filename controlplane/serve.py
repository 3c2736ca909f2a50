"""One process: the public API on TCP, by HTTPS too where it has a certificate, the internal API on a private socket."""

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from controlplane.app import create_app
from controlplane.core import logs, tls
from controlplane.core.lazily import uncollected
from controlplane.internal import create_internal_app
from controlplane.settings import settings


class _Server(uvicorn.Server):
    """Leaves signals to `serve`, which stops both servers together."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve() -> None:
    """Serve until SIGTERM or SIGINT. Requests under way get ten seconds."""
    logs.configure("api")
    try:
        asyncio.run(_serve())
    except tls.CertificateUnusable as error:
        raise SystemExit(
            f"The certificate cannot be used: {error}. Name a PEM chain and its unencrypted key."
        ) from error


async def _serve() -> None:
    s = settings()
    with uncollected():
        app = create_app()
    public = _server(app, host=s.public_host, port=s.api_port)
    encrypted, renewing = _with_tls(app)
    internal = _server(create_internal_app())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, internal, public, *encrypted)
    serving = (public.serve(), *(server.serve() for server in encrypted))
    await asyncio.gather(*serving, internal.serve(sockets=[_private_socket(s.internal_socket)]))
    for task in renewing:
        task.cancel()


def _with_tls(app: object) -> tuple[list[_Server], list[asyncio.Task[None]]]:
    """The HTTPS listener of the same application, and what keeps its certificate fresh.

    Raises `CertificateUnusable`.
    """
    s = settings()
    if s.tls_certificate is None or s.tls_key is None:
        return [], []
    context = tls.context(s.tls_certificate, s.tls_key)
    server = _server(app, host=s.public_host, port=s.tls_port, context=context)
    return [server], [asyncio.create_task(tls.keep_fresh(context, s.tls_certificate, s.tls_key))]


def _server(app: object, host: str = "127.0.0.1", port: int = 0, context: ssl.SSLContext | None = None) -> _Server:
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        # `core.forwarded` reads `X-Forwarded-For`, and only where the operator has named proxies of theirs.
        proxy_headers=False,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=30,
        ssl_context_factory=(lambda *_: context) if context else None,
    )
    return _Server(config)


def _stop(internal: _Server, public: _Server, *more: _Server) -> None:
    listener = getattr(internal.config.app.state, "listener", None)  # type: ignore[union-attr]
    if listener is not None:
        listener.stop()
    public.config.app.state.followers.stop()  # type: ignore[union-attr]
    for server in (internal, public, *more):
        server.should_exit = True


def _private_socket(path: Path) -> socket.socket:
    """Bound under another name and renamed, so that it is never reachable with the wrong mode."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(part))
    part.chmod(0o600)
    listening.listen(1024)
    part.rename(path)
    return listening

"""One process, two listeners: the public API on TCP and the internal API on a unix socket of mode 0600."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from controlplane.app import create_app
from controlplane.core import logs
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
    asyncio.run(_serve())


async def _serve() -> None:
    s = settings()
    public = _server(create_app(), host=s.public_host, port=s.api_port)
    internal = _server(create_internal_app())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, internal, public)
    await asyncio.gather(public.serve(), internal.serve(sockets=[_private_socket(s.internal_socket)]))


def _server(app: object, host: str = "127.0.0.1", port: int = 0) -> _Server:
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        # `X-Forwarded-For` is whatever a client likes to write: addresses in audit rows are those of the connection.
        proxy_headers=False,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=30,
    )
    return _Server(config)


def _stop(internal: _Server, public: _Server) -> None:
    listener = getattr(internal.config.app.state, "listener", None)  # type: ignore[union-attr]
    if listener is not None:
        listener.stop()
    public.config.app.state.followers.stop()  # type: ignore[union-attr]
    internal.should_exit = public.should_exit = True


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

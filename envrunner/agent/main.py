"""The agent's process. Ending it, in whatever way, leaves every engine running."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog
import uvicorn

from envrunner import durable, logs
from envrunner.agent.app import create_app
from envrunner.agent.node import Node
from envrunner.keep import locks
from envrunner.settings import Settings, settings

_log = structlog.get_logger()

# Stopping an engine waits in a thread; many may be stopping at once.
_THREADS = 64
_SHUTDOWN_SECONDS = 2
_KEEP_ALIVE_SECONDS = 75


class AlreadyServing(SystemExit):
    """Another agent serves this state directory."""


def run_agent() -> None:
    """Serve until SIGTERM or SIGINT."""
    logs.configure("agent")
    _set_limits()
    given = settings()
    durable.make_directory(given.state_dir)
    lock = locks.try_lock(given.agent_lock)
    if lock is None:
        raise AlreadyServing(f"another agent serves {given.state_dir}")
    asyncio.run(_serve(given))


def _set_limits() -> None:
    """Engines inherit these."""
    # Core dumps would hold signing keys.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _serve(given: Settings) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS, "hands"))
    node = Node(given)
    await node.open()
    config = uvicorn.Config(
        create_app(node),
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    _log.info("agent serves", socket=str(given.agent_socket))
    try:
        await uvicorn.Server(config).serve(sockets=[_listen(given.agent_socket)])
    finally:
        await node.close()


def _listen(path: Path) -> socket.socket:
    """Mode 0600 before anybody can connect, and in one step in the place of what was there."""
    fresh = path.with_name(f"{path.name}.b")
    fresh.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(fresh))
    fresh.chmod(0o600)
    listener.listen()
    fresh.rename(path)
    return listener

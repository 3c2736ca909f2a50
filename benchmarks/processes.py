"""Processes of a measurement: started, waited for, and ended by their own process id, whatever happens."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

_DEADLINE_SECONDS = 30.0
_GRACE_SECONDS = 10.0


class Failed(Exception):
    """A measurement cannot be trusted or a part of it did not start; the message says which."""


@contextlib.contextmanager
def running(
    name: str, argv: Sequence[str], answers: Callable[[], bool], workdir: Path, env: Mapping[str, str] | None = None
) -> Iterator[int]:
    """``argv`` while the block runs, from when ``answers``; gives its pid. Raises `Failed` when it does not come up."""
    log = workdir / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv, env=env, cwd=workdir, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        try:
            wait_until(answers, name, lambda: _ended(process))
        except Failed as failure:
            raise Failed(f"{failure}: {log.read_text(errors='replace')[-800:]}") from failure
        yield process.pid
    finally:
        _end(process)


def wait_until(condition: Callable[[], bool], what: str, alive: Callable[[], None] = lambda: None) -> None:
    """Raises `Failed` when ``condition`` does not come true; ``alive`` may raise earlier."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while not condition():
        alive()
        if time.monotonic() > deadline:
            raise Failed(f"{what}: nothing after {_DEADLINE_SECONDS:.0f} s")
        time.sleep(0.01)


def accepts(port: int) -> bool:
    """Whether somebody listens on that loopback port."""
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A loopback port nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def clean_environment() -> dict[str, str]:
    """The caller's variables without settings of another installation."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("CONTROLPLANE_", "ENVRUNNER_"))}


def _ended(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        raise Failed(f"ended with status {process.returncode}")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

"""Another relay node of a plane's region, as on a host of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from embedded.layout import locate
from embedded.surroundings import for_processes
from tests.support.plane import Plane
from tests.support.waiting import until


def tunnels(relay_socket: Path) -> list[dict[str, Any]]:
    """What a relay knows of its tunnels; none while it does not answer."""
    try:
        with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(relay_socket)), timeout=60) as client:
            items: list[dict[str, Any]] = client.get("http://relay/tunnels").json()["items"]
    except httpx2.TransportError:
        return []
    return items


class RelayNode:
    """In a ``with`` block it runs; a test may end it and ``start`` it again."""

    def __init__(self, plane: Plane, settings: Mapping[str, object]) -> None:
        """``settings`` by name without ``ENVRUNNER_``."""
        self._plane = plane
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._home = Path(tempfile.mkdtemp(prefix="node-", dir="/tmp"))
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(9)
        shutil.rmtree(self._home)

    @property
    def port(self) -> int:
        """Where customers dial in."""
        return int(str(self._settings["RELAY_PORT"]))

    @property
    def socket(self) -> Path:
        return self._home / "relay.sock"

    def start(self) -> Self:
        """Returns when it listens."""
        self.socket.unlink(missing_ok=True)
        own = {"STATE_DIR": self._home / "state", "RUN_DIR": self._home, **self._settings}
        given = for_processes(locate(self._plane.env), self._plane.env)
        env = {**given, **{f"ENVRUNNER_{name}": str(value) for name, value in own.items()}}
        with (self._home / "log").open("ab") as log:
            argv = [sys.executable, "-m", "envrunner", "relay"]
            self._process = subprocess.Popen(argv, env=env, stdout=log, stderr=log)
        until(self._answers)
        return self

    def end(self, number: int) -> None:
        """By this signal; returns when it has ended."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(60)
            self._process = None

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._home / "log").read_text()
        try:
            with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(self.socket))) as client:
                return client.get("http://relay/healthz").is_success
        except httpx2.TransportError:
            return False

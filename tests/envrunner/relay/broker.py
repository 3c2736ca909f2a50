"""What relay nodes tell each other by."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import redis

from embedded.valkey import _binary
from tests.support.waiting import until


class Broker:
    """Redis on a unix socket."""

    def __init__(self, directory: Path) -> None:
        self._socket = directory / "redis.sock"
        self.url = f"redis+socket://{self._socket}?virtual_host=0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        arguments = ["--port", "0", "--unixsocket", str(self._socket), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([_binary(), *arguments], stdout=subprocess.DEVNULL)
        until(self._answers)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _answers(self) -> bool:
        try:
            return bool(redis.Redis(unix_socket_path=str(self._socket)).ping())
        except redis.ConnectionError:
            return False

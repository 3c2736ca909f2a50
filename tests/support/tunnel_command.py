"""`restate cloud env tunnel` of a stock CLI under way: on a terminal that somebody reads, as it insists on."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
from functools import partial
from types import TracebackType
from typing import Self

import pexpect

from tests.support.cli import Cli
from tests.support.waiting import until

_CONTROL = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|[78=>])")


class TunnelCommand:
    """In a ``with`` block it runs, unless it ends by itself; if it is ``kept``, it is then started again."""

    def __init__(self, cli: Cli, *options: str, kept: bool = False) -> None:
        self._begin = partial(cli.on_a_terminal, "cloud", "env", "tunnel", *options)
        self._child = self._begin()
        self._kept, self._starting = kept, threading.Lock()
        self._pieces: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def shown(self) -> str:
        """All that it has written so far, one screen after the other."""
        return _CONTROL.sub("", "".join(self._pieces))

    def wait_shown(self, pattern: str) -> re.Match[str]:
        """The first place where it wrote that."""

        def found() -> re.Match[str] | None:
            match = re.search(pattern, self.shown)
            assert match or self._reader.is_alive(), f"it ended: {self.shown}"
            return match

        return until(found, 60)

    def ended(self) -> int:
        """The exit status of a command that ends by itself."""
        self._reader.join(60)
        assert not self._reader.is_alive(), f"it goes on: {self.shown}"
        self._child.close()
        status: int | None = self._child.exitstatus
        return -1 if status is None else status

    def signal(self, number: int) -> None:
        """Such as SIGSTOP: its connections stay, and it reads nothing."""
        self._child.kill(number)

    def interrupt(self) -> int:
        """Ctrl-C; its exit status."""
        self._child.sendintr()
        return self.ended()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._starting:
            self._kept = False
            # Not pexpect's `terminate`: it waits as the reader does, and of two one is told that there is no process.
            if self._reader.is_alive():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._child.pid, signal.SIGKILL)
        self._reader.join(10)
        self._child.close()

    def _read(self) -> None:
        while True:
            try:
                self._pieces.append(self._child.read_nonblocking(65_536, 1))
            except pexpect.TIMEOUT:
                continue
            except (pexpect.EOF, OSError, ValueError):
                if not self._started_again():
                    return

    def _started_again(self) -> bool:
        with self._starting:
            if self._kept:
                self._child.close()
                self._child = self._begin()
            return self._kept

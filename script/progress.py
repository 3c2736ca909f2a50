"""Progress on a terminal with nothing installed: one changing line, or plain lines where there is no terminal."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Step:
    """Shows ``[2/4] Title … 37 % 12 s`` while the block runs and leaves one line that says how long it took.

    ``share`` is asked a few times a second for the share done (0 to 1), if it is known.
    """

    def __init__(self, number: int, total: int, title: str, share: Callable[[], float] | None = None) -> None:
        self._head = f"[{number}/{total}] {title}"
        self._share = share
        self._ended = threading.Event()
        self._painter = threading.Thread(target=self._paint, daemon=True)

    def __enter__(self) -> Step:
        self._started = time.monotonic()
        self._terminal = sys.stderr.isatty()
        if self._terminal:
            self._painter.start()
        else:
            _say(f"{self._head} …\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._terminal:
            self._painter.join()
        mark = "✓" if kind is None else "✗"
        start = "\r\033[K" if self._terminal else ""
        _say(f"{start}{mark} {self._head}  {time.monotonic() - self._started:.1f} s\n")

    def _paint(self) -> None:
        frame = 0
        while not self._ended.wait(0.1):
            frame += 1
            done = f"  {min(self._share(), 1.0):4.0%}" if self._share else ""
            elapsed = time.monotonic() - self._started
            _say(f"\r\033[K{_FRAMES[frame % len(_FRAMES)]} {self._head}{done}  {elapsed:.0f} s")


def _say(text: str) -> None:
    encoding = sys.stderr.encoding or "utf-8"
    sys.stderr.write(text.encode(encoding, "replace").decode(encoding))
    sys.stderr.flush()

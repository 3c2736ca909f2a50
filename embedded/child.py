"""One part, started or adopted, and started again whenever it ends."""

from __future__ import annotations

import contextlib
import threading
import traceback

from embedded.board import Board
from embedded.layout import Refused
from embedded.part import Part
from envrunner.keep.backoff import Backoff
from envrunner.keep.keeper import Keeper
from envrunner.keep.process import Kept, StillRunning

_PROBE_SECONDS = 0.03
_WATCH_SECONDS = 0.5
_SETTLED_SECONDS = 1.0


class Child(threading.Thread):
    """Runs until ``halt``; halting leaves the process running, so that another supervisor can adopt it."""

    deaths = 0

    def __init__(self, part: Part, keeper: Keeper, board: Board, answering: dict[str, threading.Event]) -> None:
        super().__init__(name=part.name, daemon=True)
        self.part = part
        self.adopted = False
        self._keeper = keeper
        self._board = board
        self._answering = answering
        self._backoff = Backoff()
        self._halted = threading.Event()

    @property
    def answered(self) -> threading.Event:
        """Set once it has answered for the first time."""
        return self._answering[self.part.name]

    def halt(self) -> None:
        """Stop keeping. Returns at once; join the thread."""
        self._halted.set()

    def run(self) -> None:
        if not self._ready_to_start():
            return
        while not self._halted.is_set():
            try:
                kept = self._obtain()
                try:
                    self._keep(kept)
                finally:
                    kept.close()
            except (OSError, Refused, StillRunning) as error:
                self._pause(0.0, str(error))
            except Exception as error:  # noqa: BLE001 - whatever went wrong, a part must go on being kept
                with contextlib.suppress(OSError):
                    traceback.print_exc()
                self._pause(0.0, repr(error))

    def _ready_to_start(self) -> bool:
        for name in self.part.after:
            while not self._answering[name].wait(_WATCH_SECONDS):
                if self._halted.is_set():
                    return False
        return True

    def _obtain(self) -> Kept:
        kept = self._keeper.adopt(self.part.name)
        self.adopted = self.adopted or (kept is not None and self.deaths == 0)
        return kept or self._keeper.start(self.part.program())

    def _keep(self, kept: Kept) -> None:
        self._board.set(self.part.name, "starting", kept.pid, kept.started_at)
        if self._wait_for_answer(kept):
            self._board.set(self.part.name, "ready", kept.pid, kept.started_at)
            self.answered.set()
            while not kept.wait(_WATCH_SECONDS):
                if self._halted.is_set():
                    break
        if self._halted.is_set():
            return
        lived, status = kept.lived_seconds, kept.exit_status
        # Workers of a dead nginx master hold its ports, for example: nothing of it may be left.
        kept.clear_remains()
        self._pause(lived, "ended" if status is None else f"ended with status {status}")

    def _wait_for_answer(self, kept: Kept) -> bool:
        """False when it ended first, or we were told to halt."""
        while not self._halted.is_set():
            if kept.wait(_PROBE_SECONDS):
                return False
            if self._answers(kept):
                return True
        return False

    def _answers(self, kept: Kept) -> bool:
        if self.part.answers is None:
            return kept.lived_seconds >= _SETTLED_SECONDS
        return self.part.answers()

    def _pause(self, lived_seconds: float, problem: str) -> None:
        self.deaths += 1
        self._board.set(self.part.name, "restarting", problem=problem, restarts=self.deaths)
        self._halted.wait(self._backoff.after(lived_seconds))

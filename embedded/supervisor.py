"""The process that keeps all others. Killing it stops nothing: the next one adopts what runs."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from embedded import sample, setup, surroundings, teardown
from embedded.board import Board
from embedded.child import Child
from embedded.excerpt import end_of
from embedded.layout import Layout, Refused, locate, make_directories
from embedded.part import SETUP, Part
from embedded.parts import all_parts
from embedded.patience import Patience
from envrunner.keep.keeper import Keeper
from envrunner.keep.logs import rotate

_STILL_SECONDS = 240.0
_DEATHS_BEFORE_GIVING_UP = 4
_ROTATE_SECONDS = 10.0


class Supervisor:
    """Call `run` once, from the main thread."""

    def __init__(self, layout: Layout, parts: list[Part], set_up: Callable[[], None]) -> None:
        self._layout = layout
        self._set_up = set_up
        self._stop = threading.Event()
        self._keeper = Keeper(layout.processes)
        self._board = Board(layout, [part.name for part in parts])
        self._answering = {name: threading.Event() for name in (SETUP, *(part.name for part in parts))}
        self._children = [self._child(part) for part in parts]
        self._setup_problem: str | None = None

    def run(self) -> int:
        """Until SIGTERM or SIGINT, then stop everything. Exit status 1 when it could not be brought up."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        _keep_from_cleaning(self._layout.run)
        self._board.set_phase("starting")
        for child in self._children:
            child.start()
        threading.Thread(target=self._prepare, daemon=True).start()
        problem = self._wait_until_ready()
        if problem is None:
            self._board.set_phase("ready")
            self._keep_house()
        return self._end(problem)

    def _child(self, part: Part) -> Child:
        return Child(part, self._keeper, self._board, self._answering)

    def _prepare(self) -> None:
        if "postgres" in self._answering:
            self._answering["postgres"].wait()
        try:
            self._set_up()
        except (Refused, OSError) as problem:
            self._setup_problem = str(problem)
            return
        self._answering[SETUP].set()

    def _wait_until_ready(self) -> str | None:
        """None once everything answers; else why it does not. A request to stop counts as ready."""
        patience = Patience(_STILL_SECONDS)
        while not all(child.answered.is_set() for child in self._children):
            if self._stop.is_set():
                return None
            if self._setup_problem:
                return self._setup_problem
            for child in self._children:
                if child.deaths >= _DEATHS_BEFORE_GIVING_UP and not child.answered.is_set():
                    return self._why(child)
            if not patience.is_left([(child.answered.is_set(), child.deaths) for child in self._children]):
                silent = [child for child in self._children if not child.answered.is_set()]
                return self._why(silent[0])
            self._board.wait(0.2)
        return None

    def _why(self, child: Child) -> str:
        name = child.part.name
        problem = next((row.problem for row in self._board.rows() if row.name == name), None)
        return f"{name} could not be started ({problem or 'it does not answer'}); {end_of(self._layout.log(name))}"

    def _keep_house(self) -> None:
        rotated = time.monotonic()
        while not self._stop.wait(0.5):
            self._add_sample()
            if time.monotonic() - rotated >= _ROTATE_SECONDS:
                rotated = time.monotonic()
                self._rotate_logs()

    def _rotate_logs(self) -> None:
        for log in self._layout.logs.glob("*.log"):
            # On a full disk the log stays as it is, and the processes go on being kept.
            with contextlib.suppress(OSError):
                rotate(log)

    def _add_sample(self) -> None:
        if sample.NAME in self._answering:
            return
        for part in sample.part(self._layout, os.environ):
            self._answering[part.name] = threading.Event()
            child = self._child(part)
            self._children.append(child)
            child.start()

    def _end(self, problem: str | None) -> int:
        self._board.set_phase("stopping" if problem is None else "failed", problem)
        for child in self._children:
            child.halt()
        for child in self._children:
            child.join()
        # A failed start leaves nothing behind, but what ran before it goes on running.
        if problem is None or not any(child.adopted for child in self._children):
            teardown.stop_parts(self._layout, [child.part for child in self._children])
        if problem is None:
            teardown.remove_traces(self._layout)
        return 0 if problem is None else 1


def _keep_from_cleaning(run: Path) -> None:
    """For as long as this process lives: systemd-tmpfiles(8) leaves what is old in /tmp alone where it is locked."""
    descriptor = os.open(run, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(descriptor, fcntl.LOCK_SH)


def main() -> int:
    """What `script/up` starts in the background."""
    os.umask(0o077)
    layout = locate(os.environ)
    make_directories(layout)
    env = surroundings.for_processes(layout, os.environ)
    return Supervisor(layout, all_parts(layout), lambda: setup.run(layout, env)).run()

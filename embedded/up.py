"""What a person sees of starting and stopping."""

from __future__ import annotations

import signal
import threading
import time

from rich.console import Console

from embedded import commands, demo, view
from embedded.layout import Layout
from envrunner.keep.process import Kept

_LOOK_SECONDS = 0.25


def up(layout: Layout, *, detach: bool, with_demo: bool) -> int:
    """Start what does not run, wait until it answers; without ``detach`` stay until told to stop. Raises `Refused`."""
    console, begun, stop = Console(), time.monotonic(), _stop_on_signals()
    supervisor, was_running = commands.start(layout)
    if was_running:
        console.print(f"Already running (supervisor {supervisor.pid}).", highlight=False)
    with view.screen(layout, console, "Starting; Ctrl-C stops everything.") as screen:
        commands.wait_until_ready(layout, supervisor, stop, screen.update)
    if stop.is_set():
        return down(layout)
    console.print(f"✓ Everything answers after {time.monotonic() - begun:.1f} s.", highlight=False)
    if with_demo:
        demo.ensure(layout, console)
    view.next_steps(layout, console, with_demo)
    if detach:
        console.print("It goes on in the background; script/down stops it.")
        return 0
    return _stay(layout, console, supervisor, stop, was_running)


def down(layout: Layout) -> int:
    """Stop everything; harmless when nothing runs."""
    console = Console()
    if not commands.leftovers(layout):
        console.print("Nothing is running.")
        return 0
    console.print("Stopping …")
    commands.stop(layout)
    what = "State is kept in {}" if layout.home.exists() else "{} had been deleted while it ran."
    console.print(f"✓ Stopped. {what.format(layout.home)}", highlight=False, soft_wrap=True)
    return 0


def _stay(layout: Layout, console: Console, supervisor: Kept, stop: threading.Event, was_running: bool) -> int:
    """Live status until Ctrl-C, which stops everything that this command started; a dead supervisor is replaced."""
    after = "leaves it running; script/down stops it." if was_running else "stops everything."
    with view.screen(layout, console, f"Ctrl-C {after}") as screen:
        while not stop.wait(_LOOK_SECONDS):
            screen.update(commands.read_status(layout))
            if supervisor.wait(0):
                revived = commands.revive(layout)
                if revived is None:
                    console.print("Stopped from elsewhere.")
                    return 0
                supervisor = revived
    return 0 if was_running else down(layout)


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop

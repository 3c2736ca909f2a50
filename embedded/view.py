"""What `script/up` shows: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any, Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from embedded.layout import Layout

_COLOURS = {"ready": "green", "starting": "yellow", "restarting": "red"}
Status = dict[str, Any]
"""Content of status.json."""


class Screen(Protocol):
    """Shows how the processes are, each time it is told."""

    def update(self, status: Status) -> None: ...


@contextlib.contextmanager
def screen(layout: Layout, console: Console, hint: str) -> Iterator[Screen]:
    """A live table, or one line per change where there is no terminal."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        yield _Table(live, layout, hint)


def table(status: Status) -> Table:
    """State, pid, uptime and restarts of every process."""
    drawn = Table(box=None, pad_edge=False, header_style="dim")
    drawn.add_column("process")
    drawn.add_column("state")
    for column in ("pid", "up", "restarts"):
        drawn.add_column(column, justify="right")
    for row in status.get("processes", []):
        state = Text(row["state"], style=_COLOURS.get(row["state"], "dim"))
        lasted = uptime(time.time() - row["since"]) if row["since"] else ""
        drawn.add_row(row["name"], state, str(row["pid"] or ""), lasted, str(row["restarts"] or ""))
    return drawn


def uptime(seconds: float) -> str:
    """As ``42 s``, ``7 min`` or ``3 h 05 min``."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def next_steps(layout: Layout, console: Console, demo_is_there: bool) -> None:
    """Where the console is and what to do first."""
    console.print(f"\nConsole  {layout.address}\n\nNext steps", style="bold", highlight=False)
    for number, step in enumerate(_steps(layout, demo_is_there), start=1):
        console.print(f"  {number}. {step}", highlight=False, markup=False, soft_wrap=True)
    console.print()


def _steps(layout: Layout, demo_is_there: bool) -> list[str]:
    url = layout.address
    sign_up = f"Sign up and be led to an environment of your own: {url}/signup"
    third = (
        "Look at the sample service: examples/python/greeter"
        if demo_is_there
        else "Or get an environment, a key and a sample service at once: script/up --demo"
    )
    log_in = f"Log in from a terminal, for the stock CLI too: .venv/bin/rcloud login --url {url}"
    return [sign_up, log_in, f"{third} (the API: {url}/api/docs)"]


class _Table:
    def __init__(self, live: Live, layout: Layout, hint: str) -> None:
        self._live, self._layout, self._hint = live, layout, hint

    def update(self, status: Status) -> None:
        head = Text.assemble("Console  ", (self._layout.address, "bold cyan"))
        self._live.update(Group(head, "", table(status), "", Text(self._hint, style="dim")))


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[str, tuple[str, int | None]] = {}

    def update(self, status: Status) -> None:
        for row in status.get("processes", []):
            now = (row["state"], row["pid"])
            if now != self._shown.get(row["name"]) and row["state"] in ("ready", "restarting"):
                detail = f"pid {row['pid']}" if row["pid"] else row["problem"] or ""
                self._console.print(f"  {row['name']} {row['state']} {detail}", highlight=False, markup=False)
            self._shown[row["name"]] = now

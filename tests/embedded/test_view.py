"""What is shown, on a terminal and elsewhere."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from embedded import view
from embedded.layout import Layout
from embedded.view import Status


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (3660, "1 h 01 min")]
)
def test_uptime(seconds: float, text: str) -> None:
    assert view.uptime(seconds) == text


def status(state: str, pid: int | None, problem: str | None = None) -> Status:
    row = {"name": "api", "state": state, "pid": pid, "since": None, "restarts": 2, "problem": problem}
    return {"phase": "starting", "processes": [row]}


def test_elsewhere_each_change_is_one_line(layout: Layout) -> None:
    written = io.StringIO()
    with view.screen(layout, Console(file=written), "hint") as screen:
        for now in (status("starting", 7), status("ready", 7), status("ready", 7), status("restarting", None, "ended")):
            screen.update(now)
    assert written.getvalue().splitlines() == ["  api ready pid 7", "  api restarting ended"]


def test_on_a_terminal_there_is_a_table_and_the_hint(layout: Layout) -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=100)
    with view.screen(layout, console, "Ctrl-C stops everything.") as screen:
        screen.update(status("ready", 4711))
    assert {"api", "4711", "ready", "Ctrl-C", layout.console_url} <= set(
        written.getvalue().replace("\x1b", " ").replace("m", " ").split()
    )


def test_people_are_sent_to_the_address_that_is_theirs(layout: Layout) -> None:
    written = io.StringIO()
    named = replace(layout, public_url="https://cloud.example.com/")
    view.next_steps(named, Console(file=written, width=200), demo_is_there=False)
    assert "https://cloud.example.com/signup" in written.getvalue()
    assert "127.0.0.1" not in written.getvalue()

"""A long change, followed step by step on stderr until it has ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rcloud.api import Api, at
from rcloud.errors import Conflict, Failure
from rcloud.output import Output

if TYPE_CHECKING:
    from rich.status import Status

_ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")
_FASTEST_SECONDS, _SLOWEST_SECONDS = 0.1, 2.0


def operation(api: Api, out: Output, operation_id: str, patience_seconds: float) -> dict[str, Any]:
    """The operation once it has succeeded. Raises `Failure` when it did not, or not in time."""
    with _status(out) as working:
        seen = _ended(api, out, operation_id, patience_seconds, working)
    advice = f"See it: rcloud operations show {operation_id}"
    if seen["status"] == "CANCELLED":
        raise Conflict(seen["error"] or "Another change took its place.", advice)
    if seen["status"] == "FAILED":
        raise Failure(seen["error"] or "The change failed.", advice)
    return seen


class _Working:
    def __init__(self, status: Status | None) -> None:
        self._status = status

    def on(self, step: str) -> None:
        if self._status is not None:
            self._status.update(f"{step} …")


@contextmanager
def _status(out: Output) -> Iterator[_Working]:
    if out.quiet or not out.notes.is_terminal:
        yield _Working(None)
        return
    with out.notes.status("waiting …") as status:
        yield _Working(status)


def _ended(api: Api, out: Output, operation_id: str, patience_seconds: float, working: _Working) -> dict[str, Any]:
    shown: set[str] = set()
    deadline = time.monotonic() + patience_seconds
    pause = _FASTEST_SECONDS
    while True:
        seen: dict[str, Any] = api.get(at("operations", operation_id))
        _show_new(out, seen["steps"], shown, working)
        if seen["status"] in _ENDED:
            return seen
        if time.monotonic() > deadline:
            raise Failure(
                f"The change goes on, but was not done within {patience_seconds:g} seconds.",
                f"See how far it is: rcloud operations show {operation_id}",
            )
        time.sleep(pause)
        pause = min(pause * 1.5, _SLOWEST_SECONDS)


def _show_new(out: Output, steps: list[dict[str, Any]], shown: set[str], working: _Working) -> None:
    for step in steps:
        name = step["name"].replace("_", " ")
        if step["status"] == "RUNNING":
            working.on(name)
        elif step["status"] in _ENDED and step["name"] not in shown:
            shown.add(step["name"])
            mark = "✓" if step["status"] == "SUCCEEDED" else "✗"
            out.note(f"  {mark} {name}{_spent(step)}", "green" if mark == "✓" else "red")


def _spent(step: dict[str, Any]) -> str:
    if not step["startedAt"] or not step["endedAt"]:
        return ""
    spent = datetime.fromisoformat(step["endedAt"]) - datetime.fromisoformat(step["startedAt"])
    return f" ({spent.total_seconds():.2f} s)"

"""Waiting for a condition with a deadline: tests never sleep for a guess."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def until(condition: Callable[[], Result | None], seconds: float = 60.0, pause_seconds: float = 0.005) -> Result:
    """The first truthy answer of ``condition``; AssertionError after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(pause_seconds)
    return answer

"""What the supervisor has to know about a process it keeps."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass

from envrunner.keep.keeper import Program

SETUP = "setup"
"""What parts wait for when they need the migrated database and the secrets."""


@dataclass(frozen=True)
class Part:
    """``program`` may block (first start of the database); ``answers`` is asked until it says yes, once per start;
    a part that cannot be asked counts as answering once it has lived for a second.

    ``after`` names parts (or `SETUP`) that must answer before this one is started for the first time.
    """

    name: str
    program: Callable[[], Program]
    answers: Callable[[], bool] | None = None
    after: tuple[str, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 10.0

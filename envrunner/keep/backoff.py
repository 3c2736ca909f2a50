"""How long to wait before a process that ended is started again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Backoff:
    """At once after the first death, then doubling from ``first_seconds`` to ``limit_seconds``.

    A process that lived for ``stable_seconds`` counts as healthy: its death starts the series over.
    """

    first_seconds: float = 0.2
    limit_seconds: float = 30.0
    stable_seconds: float = 10.0
    failures: int = 0

    def after(self, lived_seconds: float) -> float:
        """Seconds to wait now that a process ended which had lived ``lived_seconds``."""
        if lived_seconds >= self.stable_seconds:
            self.failures = 0
        self.failures += 1
        if self.failures == 1:
            return 0.0
        return min(self.limit_seconds, self.first_seconds * 2.0 ** min(self.failures - 2, 30))

    def reset(self) -> None:
        """Forget earlier deaths (somebody changed what is to be run)."""
        self.failures = 0

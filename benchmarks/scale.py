"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Counts and durations of one run of the benchmarks."""

    rounds: int = 7
    load_seconds: float = 3
    warm_up_seconds: float = 1
    environments: int = 30
    environments_at_once: int = 20
    keys: int = 120
    sessions: int = 60
    recorded_calls: int = 300
    audit_rows: int = 1_000_000
    background_per_second: int = 300
    console_visits: int = 15
    warm_starts: int = 5
    cold_starts: int = 3
    idle_tunnels: int = 500
    idle_seconds: float = 20
    invocations: int = 10_000


FULL = Scale()
QUICK = Scale(
    rounds=1,
    load_seconds=1,
    warm_up_seconds=1,
    environments=2,
    environments_at_once=2,
    keys=3,
    sessions=2,
    recorded_calls=10,
    audit_rows=1000,
    background_per_second=50,
    console_visits=1,
    warm_starts=1,
    cold_starts=1,
    idle_tunnels=20,
    idle_seconds=2,
    invocations=2_000,
)
"""Shows that everything works; its figures mean nothing."""

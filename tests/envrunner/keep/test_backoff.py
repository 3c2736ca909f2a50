"""Waiting times between restarts."""

from __future__ import annotations

from envrunner.keep import Backoff


def test_at_once_then_doubling_up_to_the_limit() -> None:
    backoff = Backoff(first_seconds=1, limit_seconds=5)
    assert [backoff.after(0.1) for _ in range(6)] == [0, 1, 2, 4, 5, 5]


def test_a_long_life_starts_the_series_over() -> None:
    backoff = Backoff(first_seconds=1, stable_seconds=10)
    assert [backoff.after(lived) for lived in (0, 0, 11, 0)] == [0, 1, 0, 1]
    backoff.reset()
    assert backoff.after(0) == 0

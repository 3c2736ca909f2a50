"""A start that moves, however slowly, is waited for; one that stands still is not."""

from __future__ import annotations

from embedded.patience import Patience


def test_it_runs_out_only_where_nothing_changes() -> None:
    now = [0.0]
    patience = Patience(10.0, lambda: now[0])
    for seen in ([False], [False], [True], [True]):
        now[0] += 10.0
        left = patience.is_left(seen)
    assert left, "the last change is ten seconds old"
    now[0] += 0.1
    assert not patience.is_left([True])
    assert patience.is_left([True, False])

"""Statistics, targets and the three outputs, from made-up samples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import chart, result, table
from benchmarks.figures import Outcome, Skipped, Target, figure, interleaved, percentile

MET = figure(("a.met", "Group A", "fast enough", "ms"), [3.0, 1.0, 2.0], target=Target("at most", 2.0))
MISSED = figure(("a.missed", "Group A", "too few", "1/s"), [900.0, 2100.0], target=Target("at least", 2000.0))
PEER = figure(("b.peer", "Group B", "somebody else", "ms"), [10.0, 20.0], kind="peer")
OUTCOME = Outcome([MET, MISSED, PEER], [Skipped("c", "wrk is not installed")])


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100), (0.0, 1)])
def test_percentile_is_the_nearest_rank(share: float, expected: int) -> None:
    assert percentile(list(range(100, 0, -1)), share) == expected


def test_a_figure_is_the_median_with_its_extremes() -> None:
    assert (MET.value, MET.low, MET.high, MET.samples, MET.statistic) == (2.0, 1.0, 3.0, 3, "median")


def test_a_figure_can_be_a_percentile() -> None:
    one = figure(("k", "g", "n", "s"), [1.0, 2.0, 3.0, 4.0], share=0.99)
    assert (one.value, one.statistic) == (4.0, "p99")


def test_targets_are_met_at_their_value_and_missed_beyond() -> None:
    assert MET.met is True
    assert MISSED.met is False
    assert PEER.met is None


def test_rounds_take_every_run_in_turn() -> None:
    order: list[str] = []

    def run(name: str) -> int:
        order.append(name)
        return len(order)

    results = interleaved({"a": lambda: run("a"), "b": lambda: run("b")}, 2, lambda _: None)
    assert order == ["a", "b", "a", "b"]
    assert results == {"a": [1, 3], "b": [2, 4]}


def test_the_table_says_plainly_what_was_missed_and_skipped() -> None:
    console = Console(record=True, width=160)
    table.show(OUTCOME, console)
    shown = console.export_text()
    assert "1 of 2 targets met, 1 MISSED." in shown
    assert "✗ missed" in shown
    assert "wrk is not installed" in shown


def test_the_json_keeps_its_shape(tmp_path: Path) -> None:
    result.write(OUTCOME, 0.25, "quick", tmp_path / "result.json")
    written = json.loads((tmp_path / "result.json").read_text())
    assert set(written) == {"schema", "at", "scale", "machine", "versions", "figures", "skipped"}
    assert set(written["machine"]) == {"cores", "memoryGiB", "kernel", "system", "loadBefore"}
    assert written["figures"][1] == {
        "key": "a.missed",
        "group": "Group A",
        "name": "too few",
        "unit": "1/s",
        "statistic": "median",
        "value": 1500.0,
        "low": 900.0,
        "high": 2100.0,
        "samples": 2,
        "kind": "ours",
        "target": {"relation": "at least", "value": 2000.0},
        "met": False,
    }


def test_the_chart_is_a_picture(tmp_path: Path) -> None:
    chart.draw(OUTCOME.figures, "caption", tmp_path / "chart.png")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_markdown_has_a_row_for_every_figure() -> None:
    lines = table.markdown(OUTCOME).splitlines()
    assert sum(line.startswith(("| fast", "| too", "| somebody")) for line in lines) == 3

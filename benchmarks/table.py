"""The result for people: a table on the terminal, and the same as Markdown for the documents."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.figures import Figure, Outcome, Target

_MARKS = {True: ("✓ met", "green"), False: ("✗ missed", "bold red"), None: ("", "")}
_COLUMNS = ("measured", "min – max", "samples", "target", "")


def show(outcome: Outcome, console: Console) -> None:
    """Every figure beside its target, what was skipped, and how many targets were missed."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    for column in _COLUMNS:
        table.add_column(column, justify="right", no_wrap=True)
    group = None
    for one in outcome.figures:
        if one.group != group:
            table.add_row(Text(f"\n{one.group}" if group else one.group, style="bold"))
            group = one.group
        mark, colour = _MARKS[one.met]
        style = "" if one.kind == "ours" else "dim"
        table.add_row(
            Text(f"  {one.name}", style=style),
            *(Text(cell, style=style) for cell in _cells(one)),
            Text(mark, style=colour),
        )
    console.print(table)
    for skipped in outcome.skipped:
        console.print(f"Skipped {skipped.key}: {skipped.reason}", style="yellow", highlight=False)
    console.print(f"\n{verdict(outcome)}", highlight=False)


def verdict(outcome: Outcome) -> str:
    """One sentence on the targets."""
    held = [one.met for one in outcome.figures if one.met is not None]
    missed = held.count(False)
    return f"{len(held) - missed} of {len(held)} targets met" + (f", {missed} MISSED." if missed else ".")


def markdown(outcome: Outcome) -> str:
    """One table for each group."""
    return "\n".join(_markdown_lines(outcome))


def number(value: float) -> str:
    """With as many digits as mean something."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def goal(target: Target | None) -> str:
    """As ``≥ 0.92``."""
    return "" if target is None else f"{'≥' if target.relation == 'at least' else '≤'} {number(target.value)}"


def _cells(one: Figure) -> tuple[str, ...]:
    unit = "" if one.unit == "ratio" else f" {one.unit}"
    measured = f"{number(one.value)}{unit}"
    return measured, f"{number(one.low)} – {number(one.high)}", f"{one.statistic} of {one.samples}", goal(one.target)


def _markdown_lines(outcome: Outcome) -> Iterator[str]:
    group = None
    for one in outcome.figures:
        if one.group != group:
            group = one.group
            yield f"\n### {group}\n\n| | {' | '.join(_COLUMNS)} |\n|---|{'---:|' * len(_COLUMNS)}"
        yield f"| {one.name} | {' | '.join(_cells(one))} | {_MARKS[one.met][0]} |"

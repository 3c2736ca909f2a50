"""The result as one picture: a panel for each group, bars with their spread, and the target as a line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture

from benchmarks.figures import Figure
from benchmarks.table import goal, number

_COLOURS = {"ours": "#2563eb", "peer": "#f59e0b", "baseline": "#9ca3af"}
_MET, _MISSED = "#15803d", "#dc2626"
_TEXT = "#1f2937"


def draw(figures: Iterable[Figure], caption: str, path: Path) -> None:
    """Write a PNG of about 1,500 pixels' width. Nothing is written when there is nothing to draw."""
    panels = _panels(figures)
    if not panels:
        return
    heights = [len(panel) + 1.1 for _, panel in panels]
    with rc_context({"font.size": 9, "text.color": _TEXT, "axes.labelcolor": _TEXT, "ytick.color": _TEXT}):
        picture = Picture(figsize=(10, 0.36 * sum(heights) + 0.6), layout="tight")
        axes = picture.subplots(len(panels), 1, squeeze=False, height_ratios=heights)
        for (title, panel), axis in zip(panels, axes[:, 0], strict=True):
            _panel(axis, title, panel)
        picture.supxlabel(caption, fontsize=8, color="#6b7280", x=0.99, ha="right")
        picture.savefig(path, dpi=150, facecolor="white")


def _panels(figures: Iterable[Figure]) -> list[tuple[str, list[Figure]]]:
    """Figures of one group and one unit share an axis."""
    panels: dict[tuple[str, str], list[Figure]] = {}
    for one in figures:
        panels.setdefault((one.group, one.unit), []).append(one)
    return [(f"{group}  [{unit}]", panel) for (group, unit), panel in panels.items()]


def _panel(axis: Axes, title: str, panel: list[Figure]) -> None:
    rows = range(len(panel))
    values = [one.value for one in panel]
    spread = [[max(0.0, one.value - one.low) for one in panel], [max(0.0, one.high - one.value) for one in panel]]
    axis.barh(rows, values, color=[_COLOURS[one.kind] for one in panel], height=0.62, zorder=2)
    axis.errorbar(values, rows, xerr=spread, fmt="none", ecolor="#374151", elinewidth=1, capsize=3, zorder=3)
    axis.set_yticks(rows, [one.name for one in panel])
    axis.invert_yaxis()
    axis.set_title(title, loc="left", fontsize=10, fontweight="bold")
    reach = max([*(one.high for one in panel), *(one.target.value for one in panel if one.target)], default=1.0)
    axis.set_xlim(min(0.0, *(one.low for one in panel)), reach * 1.32 or 1.0)
    for row, one in zip(rows, panel, strict=True):
        _mark(axis, row, one, reach)
    axis.grid(axis="x", color="#e5e7eb", zorder=0)
    axis.tick_params(length=0)
    for side in ("top", "right", "left", "bottom"):
        axis.spines[side].set_visible(False)


def _mark(axis: Axes, row: int, one: Figure, reach: float) -> None:
    colour = _TEXT
    label = number(one.value)
    if one.target:
        colour = _MET if one.met else _MISSED
        axis.plot([one.target.value] * 2, [row - 0.45, row + 0.45], color=colour, linewidth=2, zorder=4)
        label += f"   {'✓' if one.met else '✗'} target {goal(one.target)}"
    end = max(one.high, one.target.value if one.target else 0.0)
    axis.text(end + 0.012 * reach, row, label, va="center", color=colour, fontsize=9)

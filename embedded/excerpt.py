"""The end of a log file, short enough for a terminal."""

from __future__ import annotations

from pathlib import Path

from envrunner.keep.logs import last_lines

_LINES, _COLUMNS = 12, 240


def end_of(log: Path) -> str:
    """Names the file and shows its last lines, each cut to a readable length."""
    lines = [line if len(line) <= _COLUMNS else f"{line[:_COLUMNS]} …" for line in last_lines(log)[-_LINES:]]
    return "\n  ".join([f"the end of {log}:", *lines])

"""One engine's log: what comes next, in portions that are the same however often they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from envrunner.shipping import files
from envrunner.shipping.lines import Cleaner, Line, head
from envrunner.shipping.position import Position

WINDOW_SECONDS = 10
"""A tenant may log this long at many times its rate, such as while its engine starts."""

_GAP = "Lines are missing here: the log was rotated away before it could be sent, or it was cut by hand."


@dataclass(frozen=True)
class Limits:
    """Of one environment and of one portion."""

    lines_per_second: int
    line_bytes: int
    portion_lines: int = 500
    portion_bytes: int = 1024 * 1024
    """Of text to send; a log that is mostly left out is read further."""
    read_bytes: int = 2 * 1024 * 1024


@dataclass(frozen=True)
class Portion:
    """Lines to send, and the position once they are. ``more``: there is something to read already."""

    lines: list[Line]
    position: Position
    more: bool


def read(log: Path, position: Position, limits: Limits, cleaner: Cleaner, source: str = "engine") -> Portion:
    """What follows the position, as lines of ``source``. Raises `envrunner.shipping.files.Busy` and OSError."""
    with files.opened(log) as found:
        return _Reading(position, limits, cleaner, source).read(found)


@dataclass
class _Reading:
    start: Position
    limits: Limits
    cleaner: Cleaner
    source: str
    lines: list[Line] = field(default_factory=list)
    text_bytes: int = 0
    read_bytes: int = 0
    skipped: int = 0

    def __post_init__(self) -> None:
        self.now = datetime.now(UTC)
        self.sequence = self.start.sequence
        self.window, self.counted = self.start.window, self.start.counted
        self.left_out, self.gaps = self.start.left_out, self.start.gaps

    def read(self, found: list[BinaryIO]) -> Portion:
        index, offset, gap = files.place(found, self.start.mark, self.start.before)
        before, mark = self.start.before, self.start.mark
        if gap:
            self.gaps += 1
            self.remark(self.now, _GAP)
        while True:
            offset, full = self.take(found[index], offset, ended=index < len(found) - 1)
            if offset:
                mark = files.mark_of(found[index], offset)
            if full or index == len(found) - 1:
                break
            before = mark
            index, offset = files.after(found, index, mark if offset else None)
        if not self.read_bytes:
            # A gap is told once, with what comes after it.
            return Portion([], self.start, more=False)
        self.say_skipped()
        position = Position(
            sequence=self.sequence,
            mark=mark,
            before=before,
            window=self.window,
            counted=self.counted,
            left_out=self.left_out,
            gaps=self.gaps,
        )
        return Portion(self.lines, position, more=full)

    def take(self, file: BinaryIO, offset: int, *, ended: bool) -> tuple[int, bool]:
        """The offset behind what was read, and whether the portion is full."""
        for raw, length in self.bounded(files.complete_lines(file, offset, self.limits.line_bytes, ended=ended)):
            self.add(raw, length)
            offset += length
        return offset, self.full

    def bounded(self, found: Iterator[tuple[bytes, int]]) -> Iterator[tuple[bytes, int]]:
        while not self.full:
            one = next(found, None)
            if one is None:
                return
            self.read_bytes += one[1]
            yield one

    @property
    def full(self) -> bool:
        limits = self.limits
        return (
            len(self.lines) >= limits.portion_lines
            or self.text_bytes >= limits.portion_bytes
            or self.read_bytes >= limits.read_bytes
        )

    def add(self, raw: bytes, length: int) -> None:
        known = head(raw, self.now)
        # By the lines' own times: what waited while the control plane was away has not become more by that.
        window = int(known.at.timestamp()) // WINDOW_SECONDS
        # Threads of an engine overtake each other at the border of two windows.
        if window != self.window and window != self.window - 1:
            self.say_skipped()
            self.window, self.counted = window, 0
        self.sequence += 1
        self.counted += 1
        if self.counted > self.limits.lines_per_second * WINDOW_SECONDS:
            self.skipped += 1
            self.left_out += 1
            return
        line = self.cleaner(raw, max(len(raw), length - 1))
        self.text_bytes += len(line)
        self.lines.append(Line(self.sequence, known.at, known.level, self.source, line))

    def say_skipped(self) -> None:
        """In the place, and under the number, of the last of them."""
        if self.skipped:
            most = self.limits.lines_per_second
            text = f"{self.skipped} lines were left out here: this environment logs more than {most} lines per second."
            at = datetime.fromtimestamp(min(self.window * WINDOW_SECONDS, self.now.timestamp()), UTC)
            at = max(at, self.lines[-1].at) if self.lines else at
            self.lines.append(Line(self.sequence, at, "WARN", "node", text))
            self.skipped = 0

    def remark(self, at: datetime, text: str) -> None:
        self.sequence += 1
        self.lines.append(Line(self.sequence, at, "WARN", "node", text))

"""How far the sending of logs is behind: read from the files, so that it is told even while nobody sends."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from envrunner.settings import Settings
from envrunner.shipping import files
from envrunner.shipping.position import Position, Positions


@dataclass(frozen=True)
class Backlog:
    """Of one environment. ``gaps`` counts how often lines were gone before they could be sent."""

    waiting_bytes: int
    left_out: int
    gaps: int


def backlogs(settings: Settings, labels: list[str]) -> Iterator[tuple[str, Backlog]]:
    """By label; a log that is not there, or is being rotated at this moment, is passed over."""
    positions = Positions(settings.log_positions_dir)
    for label in labels:
        with contextlib.suppress(files.Busy, OSError):
            known = positions.read(label) or Position(sequence=0)
            with files.opened(settings.log_dir / "engines" / f"{label}.log") as found:
                index, offset, _ = files.place(found, known.mark, known.before)
                sizes = [os.fstat(one.fileno()).st_size for one in found[index:]]
            yield label, Backlog(sum(sizes) - offset, known.left_out, known.gaps)

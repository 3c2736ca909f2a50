"""Numbered links from nginx's slots to the engines' sockets: a new environment needs a link, and no reload."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping

from envrunner.edge.layout import EdgeLayout

_PORTS = ("i", "a")


def make(layout: EdgeLayout, slots: Mapping[str, int], left: Mapping[str, int] | None = None) -> None:
    """Make the links be exactly those of ``slots`` (label → slot). Safe to repeat; a live link is never missing.

    ``left`` are slots that were changed for others, to which a request that was judged before may still go.
    """
    pairs = [*slots.items(), *(pair for pair in (left or {}).items() if pair[0] in slots)]
    wanted = {
        f"{slot:07}.{port}.sock": str(layout.engine_sockets / label / f"{port}.sock")
        for label, slot in pairs
        for port in _PORTS
    }
    present = {entry.name for entry in os.scandir(layout.slots)}
    for name in present - wanted.keys():
        (layout.slots / name).unlink(missing_ok=True)
    for name in wanted.keys() - present:
        # nginx's start and the edge agent may both be here; a slot's link is the same whoever makes it.
        with contextlib.suppress(FileExistsError):
            (layout.slots / name).symlink_to(wanted[name])

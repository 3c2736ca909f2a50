"""Numbered links from nginx's slots to the engines' sockets: a new environment needs a link, and no reload."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping

from envrunner.edge.layout import EdgeLayout

_PORTS = ("i", "a")


def make(layout: EdgeLayout, slots: Mapping[str, int]) -> None:
    """Make the links be exactly those of ``slots`` (label → slot). Safe to repeat; a live link is never missing."""
    wanted = {
        f"{slot:07}.{port}.sock": str(layout.engine_sockets / label / f"{port}.sock")
        for label, slot in slots.items()
        for port in _PORTS
    }
    present = {entry.name for entry in os.scandir(layout.slots)}
    for name in present - wanted.keys():
        (layout.slots / name).unlink(missing_ok=True)
    for name in wanted.keys() - present:
        # nginx's start and the edge agent may both be here; a slot's link is the same whoever makes it.
        with contextlib.suppress(FileExistsError):
            (layout.slots / name).symlink_to(wanted[name])

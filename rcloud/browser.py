"""A browser, where there is one that opens beside this terminal."""

from __future__ import annotations

import os
import sys
import webbrowser


def opened(url: str) -> bool:
    """Whether a browser was asked to show `url`: never one inside this terminal, never over a remote shell."""
    if not _has_screen():
        return False
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False


def _has_screen() -> bool:
    if os.environ.get("BROWSER") or sys.platform in ("darwin", "win32"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))

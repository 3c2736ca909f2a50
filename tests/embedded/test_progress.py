"""The installer's progress, with a terminal and without."""

from __future__ import annotations

import io
import sys

import pytest

from script.progress import Step
from tests.support.waiting import until


class Terminal(io.StringIO):
    """Keeps what is written and claims to be a screen."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_a_line_changes_until_the_step_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with Step(2, 4, "Python packages", lambda: 0.42):
        until(lambda: "[2/4] Python packages   42%" in screen.getvalue())
    assert screen.getvalue().rpartition("\r\033[K")[2].startswith("✓ [2/4] Python packages  ")


def test_elsewhere_there_are_two_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    with Step(1, 4, "Engine"):
        pass
    first, second = written.getvalue().splitlines()
    assert first == "[1/4] Engine …"
    assert second.startswith("✓ [1/4] Engine  ")


def test_a_failed_step_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    with pytest.raises(ZeroDivisionError), Step(1, 4, "Engine"):
        _ = 1 / 0
    assert "✗ [1/4] Engine" in written.getvalue()


def test_a_screen_without_these_characters_gets_others(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    written = io.TextIOWrapper(raw, encoding="ascii")
    monkeypatch.setattr(sys, "stderr", written)
    with Step(1, 4, "Engine"):
        pass
    written.flush()
    assert b"? [1/4] Engine" in raw.getvalue()

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from controlplane.core import clock


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """`at(seconds)` stops the control plane's clock so long after the test's beginning."""
    beginning = clock.now()

    def stop(seconds: float) -> None:
        monkeypatch.setattr(clock, "now", lambda: beginning + timedelta(seconds=seconds))

    stop(0)
    return stop

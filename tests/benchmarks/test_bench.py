"""`script/bench` in its smallest form, on a plane of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(CHECKOUT / "script" / "bench"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, env=os.environ, check=False)


@pytest.mark.system
def test_a_quick_run_measures_prints_and_writes(tmp_path: Path) -> None:
    done = bench("life", "--quick", "--output", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    written = json.loads((tmp_path / "result.json").read_text())
    assert [one["key"] for one in written["figures"]] == ["life.median", "life.p95", "life.all"]
    assert all(0 < one["low"] <= one["value"] <= one["high"] for one in written["figures"])
    assert written["scale"] == "quick"
    assert "targets met" in done.stdout
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_an_unknown_group_is_refused_in_words() -> None:
    done = bench("everything")
    assert done.returncode == 2
    assert "everything" in done.stderr

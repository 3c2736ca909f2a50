"""What a person is told who sets a variable wrong, or none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.envrunner.nodes import ROOT

NEEDED = ("STATE_DIR", "ENGINES_DIR", "EDGE_DIR", "LOG_DIR", "RUN_DIR", "INTERNAL_URL", "CREDENTIAL_FILE")


def said(command: str, directory: Path, **given: object) -> str:
    """What the command writes to stderr when it refuses."""
    argv = [sys.executable, "-m", "envrunner", command]
    env = {"PYTHONPATH": str(ROOT)} | {f"ENVRUNNER_{name}": str(value) for name, value in given.items()}
    done = subprocess.run(argv, env=env, cwd=directory, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    return done.stderr


@pytest.mark.parametrize(
    "command", ["agent", "worker", "guard", "h2c", "edge", "edge-agent", "relay", "aws", "stop-engines"]
)
def test_missing_variables_are_named_in_one_line(tmp_path: Path, command: str) -> None:
    (line,) = said(command, tmp_path).splitlines()
    assert all(f"ENVRUNNER_{name}: field required" in line for name in NEEDED)


@pytest.mark.parametrize("uid", [0, -1, 999, 2**32])
def test_engines_never_run_as_a_system_account(tmp_path: Path, uid: int) -> None:
    given = dict.fromkeys(NEEDED, tmp_path)
    (line,) = said("agent", tmp_path, ENGINE_UID_FROM=uid, **given).splitlines()
    assert "ENVRUNNER_ENGINE_UID_FROM: " in line
    assert "STATE_DIR" not in line

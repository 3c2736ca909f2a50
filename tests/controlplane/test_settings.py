"""A setting that is wrong is named, with what it should be and without its value."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.support.database import ROOT


@pytest.mark.parametrize("command", ["migrate", "doctor"])
def test_a_wrong_setting_is_a_sentence(command: str) -> None:
    wrong = {"CONTROLPLANE_SMTP_URL": "ftp://ada:secret@x", "CONTROLPLANE_API_PORT": "0", "CONTROLPLANE_REDIS_URL": "x"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONTROLPLANE_")}
    env = {**kept, **wrong, "CONTROLPLANE_DATABASE_URL": "postgresql://x"}
    argv = [sys.executable, "-m", "controlplane", command]
    done = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 1
    assert "CONTROLPLANE_SMTP_URL: It looks like smtp://user:password@host:587" in said
    assert "CONTROLPLANE_API_PORT: Input should be greater than or equal to 1" in said
    assert "Traceback" not in said
    assert "secret" not in said

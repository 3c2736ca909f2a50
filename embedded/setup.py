"""What must be done before the parts that use the database: migrations, secrets, the runner's registration."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from embedded.excerpt import end_of
from embedded.layout import CHECKOUT, Layout, Refused
from envrunner.keep.logs import open_log

_COMMANDS = ("migrate", "init")
_TIMEOUT_SECONDS = 120.0


def run(layout: Layout, env: Mapping[str, str]) -> None:
    """Bring database and secrets up to date; both commands may run any number of times. Raises `Refused`."""
    for command in _COMMANDS:
        _run(layout, env, command)


def _run(layout: Layout, env: Mapping[str, str], command: str) -> None:
    argv = [sys.executable, "-m", "controlplane", command]
    log_file = layout.log("setup")
    log = open_log(log_file)
    try:
        done = subprocess.run(
            argv,
            env=dict(env),
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
        status = str(done.returncode)
    except subprocess.TimeoutExpired:
        status = f"none after {_TIMEOUT_SECONDS:.0f} s"
    finally:
        os.close(log)
    if status != "0":
        raise Refused(f"`controlplane {command}` failed (status {status}); {end_of(log_file)}")

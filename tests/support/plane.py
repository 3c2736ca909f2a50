"""An installation of its own for tests: `script/up --detach` with a home and ports that nobody else has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.ports import Claim

CHECKOUT = Path(__file__).resolve().parents[2]


class Plane:
    """As a context manager it is up inside the block and gone after it; ``settings`` are further variables."""

    def __init__(self, directory: Path, settings: Mapping[str, str] | None = None, base: int | None = None) -> None:
        self.home = directory / "home"
        self._claim: Claim | None = None
        if base is None:
            self._claim = Claim()
            base = self._claim.base
        self.base = base
        own = {"CONTROLPLANE_HOME": str(self.home), "CONTROLPLANE_PORT_BASE": str(self.base)}
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("CONTROLPLANE_", "ENVRUNNER_"))}
        self.env = {**kept, **(settings or {}), **own}

    @property
    def endpoints(self) -> dict[str, Any]:
        """The content of endpoints.json now."""
        content: dict[str, Any] = json.loads((self.home / "endpoints.json").read_text())
        return content

    @property
    def status(self) -> dict[str, Any]:
        """What the supervisor knows of every process, now."""
        content: dict[str, Any] = json.loads((self.home / "status.json").read_text())
        return content

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by name, now."""
        pids: dict[str, int] = self.endpoints["pids"]
        return pids

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.base}"

    def up(self, *options: str) -> str:
        """`script/up --detach`, which must succeed; what it printed."""
        return self._run("up", "--detach", *options)

    def down(self) -> str:
        """`script/down`, which must succeed; what it printed."""
        return self._run("down")

    def command(self, *arguments: str) -> str:
        """`controlplane …` as on the plane's host; what it printed."""
        argv = [sys.executable, "-m", "controlplane", *arguments]
        done = subprocess.run(argv, cwd=CHECKOUT, env=self.env, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def __enter__(self) -> Self:
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()
        if self._claim is not None:
            self._claim.release()

    def _run(self, command: str, *options: str) -> str:
        argv = [str(CHECKOUT / "script" / command), *options]
        done = subprocess.run(argv, env=self.env, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
        return done.stdout

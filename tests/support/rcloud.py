"""`rcloud` as one person uses it: its own process, with configuration directories of its own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pexpect

from rcloud.__main__ import main

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Done:
    """A finished command."""

    status: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """stdout, which must be one JSON document and nothing else."""
        return json.loads(self.stdout)


class Rcloud:
    """``home`` is an existing empty directory; ``settings`` are further environment variables."""

    def __init__(self, home: Path, settings: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.argv = [sys.executable, "-m", "rcloud"]
        self.env = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(home),
            "PYTHONPATH": str(CHECKOUT),
            "RESTATE_CLI_CONFIG_HOME": str(home / "restate"),
            **(settings or {}),
        }

    @property
    def config(self) -> Path:
        """The stock CLI's configuration."""
        return self.home / "restate" / "config.toml"

    def sign_in(self, token: str, api_url: str) -> None:
        """What `rcloud login` writes, written by hand."""
        self.config.parent.mkdir(exist_ok=True)
        self.config.write_text(f'[global.cloud]\napi_base_url = "{api_url}"\naccess_token = "{token}"\n')

    def run(self, *arguments: str) -> Done:
        """A command that must succeed."""
        done = self.attempt(*arguments)
        assert done.status == 0, f"{arguments}: {done}"
        return done

    def attempt(self, *arguments: str) -> Done:
        """A command, without a terminal."""
        done = subprocess.run(
            [*self.argv, *arguments],
            cwd=self.home,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def spawn(self, *arguments: str) -> pexpect.spawn[str]:
        """A command on a terminal 200 columns wide."""
        [program, *first] = self.argv
        env = {**self.env, "TERM": "xterm-256color"}
        return pexpect.spawn(
            program,
            [*first, *arguments],
            cwd=str(self.home),
            env=env,
            timeout=60,
            encoding="utf-8",
            dimensions=(50, 200),
        )


class InProcess(Rcloud):
    """Without a process of its own for each command: many more of them in the same time.

    Its environment, directory, arguments and streams are this process's only while a command runs.
    """

    def attempt(self, *arguments: str) -> Done:
        """A command, without a terminal."""
        said, noted = io.StringIO(), io.StringIO()
        with contextlib.ExitStack() as stack:
            stack.enter_context(mock.patch.dict(os.environ, self.env, clear=True))
            stack.enter_context(mock.patch("sys.argv", ["rcloud", *arguments]))
            stack.enter_context(mock.patch("sys.stdin", io.StringIO()))
            stack.enter_context(contextlib.chdir(self.home))
            stack.enter_context(contextlib.redirect_stdout(said))
            stack.enter_context(contextlib.redirect_stderr(noted))
            status = self._status()
        return Done(status, said.getvalue(), noted.getvalue())

    @staticmethod
    def _status() -> int:
        try:
            main()
        except SystemExit as ended:
            return int(ended.code or 0)
        return 0

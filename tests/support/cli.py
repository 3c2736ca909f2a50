"""The stock `restate` CLI, unmodified, with a configuration directory of its own."""

from __future__ import annotations

import os
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pexpect

from tests.support.own_network import OwnNetwork

CHECKOUT = Path(__file__).resolve().parents[2]
VERSIONS = ("1.7.12", "1.6.2")


class Cli:
    """One version, as one person uses it; ``settings`` are further environment variables."""

    def __init__(
        self,
        version: str,
        home: Path,
        settings: Mapping[str, str] | None = None,
        network: OwnNetwork | None = None,
    ) -> None:
        """``home`` is an existing empty directory; without a ``network`` it runs in ours."""
        self.network = network
        self.binary = CHECKOUT / "tests" / "node_modules" / f"restate-cli-{version}" / "bin" / "restate"
        self.home = home
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "RESTATE_CLI_CONFIG_HOME": str(home),
            "DO_NOT_TRACK": "1",
            **(settings or {}),
        }

    def sign_in(self, access_token: str, api_url: str) -> None:
        """What a login writes, written by hand."""
        content = f'[global.cloud]\napi_base_url = "{api_url}"\naccess_token = "{access_token}"\n'
        (self.home / "config.toml").write_text(content)

    def config(self) -> dict[str, Any]:
        return tomllib.loads((self.home / "config.toml").read_text())

    def run(self, *arguments: str) -> str:
        """Everything a command that must succeed prints."""
        status, output = self.attempt(*arguments)
        assert status == 0, f"{arguments}: {status}\n{output}"
        return output

    def attempt(self, *arguments: str) -> tuple[int, str]:
        """Exit status and everything printed, without a terminal."""
        done = subprocess.run(
            self._argv(*arguments),
            cwd=self.home,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout

    def on_a_terminal(self, *arguments: str) -> pexpect.spawn[str]:
        """A command under way; wide, so that lines stay whole."""
        program, *rest = self._argv(*arguments)
        return pexpect.spawn(
            program, rest, cwd=str(self.home), env=self.env, timeout=60, encoding="utf-8", dimensions=(50, 500)
        )

    def _argv(self, *arguments: str) -> list[str]:
        plain = [str(self.binary), *arguments]
        return self.network.argv(plain, self.home) if self.network else plain

    def configure(self, environment: str | None = None) -> str:
        """`cloud env configure`, with the profile name it proposes; what it printed.

        Without ``environment`` exactly that, for somebody who has only one.
        """
        chosen = [environment, "--yes"] if environment else []
        # It asks for the profile's name even with --yes, and only on a terminal (contract with the stock CLI).
        child = self.on_a_terminal("cloud", "env", "configure", *chosen)
        printed: str = ""
        if child.expect(["name for the [Ee]nvironment", pexpect.EOF]) == 0:
            printed = str(child.before)
            child.sendline("")
            child.expect(pexpect.EOF)
        printed += str(child.before)
        child.close()
        assert child.exitstatus == 0, printed
        return printed

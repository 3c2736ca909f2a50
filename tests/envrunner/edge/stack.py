"""A whole edge for tests: real nginx and real edge agent as processes, the internal API's double, echo engines."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests.envrunner.edge.echo_engine import EchoEngine
from tests.envrunner.edge.plane_double import CREDENTIAL, PlaneDouble
from tests.envrunner.waiting import until
from tests.support.ports import Claim

DIGEST_KEY = b"\xff\x00the digest key of the tests\x80\xfe"
REPOSITORY = Path(__file__).parents[3]


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def digest(token: str) -> str:
    return base64url(hashlib.sha256((base64url(DIGEST_KEY) + token).encode()).digest())


def label(number: int) -> str:
    return f"{number:027}"


@dataclass
class Stack:
    """Ports: ingress, admin, then environment ports from the third."""

    home: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="edge-", dir="/tmp")))

    def __post_init__(self) -> None:
        self.home.chmod(0o711)
        self.run = self.home / "r"
        self.run.mkdir(mode=0o711)
        self.ports = Claim()
        self.base = self.ports.base
        self.ingress, self.admin, self.ports_from = self.base, self.base + 1, self.base + 2
        self.plane = PlaneDouble(self.run / "api.sock")
        self.engines: dict[str, EchoEngine] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.further: dict[str, str] = {}
        """Of its processes' settings."""
        (self.home / "credential").write_text(CREDENTIAL)
        self.plane.change("settings", "digestKey", base64url(DIGEST_KEY))

    @property
    def control(self) -> Path:
        return self.run / "edge" / "control" / "ctl.sock"

    def environment(self) -> dict[str, str]:
        own = {
            "ENVRUNNER_STATE_DIR": self.home / "agent",
            "ENVRUNNER_ENGINES_DIR": self.home / "engines",
            "ENVRUNNER_EDGE_DIR": self.home / "edge",
            "ENVRUNNER_LOG_DIR": self.home / "logs",
            "ENVRUNNER_RUN_DIR": self.run,
            "ENVRUNNER_INTERNAL_URL": f"unix:{self.plane.socket}",
            "ENVRUNNER_CREDENTIAL_FILE": self.home / "credential",
            "ENVRUNNER_INGRESS_PORT": self.ingress,
            "ENVRUNNER_ADMIN_PORT": self.admin,
            "ENVRUNNER_ENVIRONMENT_PORTS_FROM": self.ports_from,
            **self.further,
        }
        path = os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH"))))
        return {**os.environ, **{name: str(value) for name, value in own.items()}, "PYTHONPATH": path}

    def start(self) -> Stack:
        self.plane.start()
        self.start_process("guard")
        self.start_process("h2c")
        self.start_process("edge")
        self.start_process("edge_agent")
        self.wait_applied()
        self.wait_until(
            lambda: all((self.run / "edge" / f"{name}.sock").exists() for name in ("guard", "h2c", "admission"))
        )
        return self

    def start_process(self, name: str) -> None:
        log = (self.home / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", "envrunner", name.replace("_", "-")],
            env=self.environment(), cwd=self.home, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        log.close()

    def kill(self, name: str, *, group: bool = False) -> None:
        """kill -9 of one process, or of its whole group as the supervisor does before a restart."""
        process = self.processes.pop(name)
        (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name, group=True)
        self.plane.stop()
        for engine in self.engines.values():
            engine.stop()
        shutil.rmtree(self.home, ignore_errors=True)
        self.ports.release()

    def state(self) -> dict[str, Any] | None:
        """What nginx says it holds; None when it does not answer."""
        try:
            with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(self.control))) as client:
                return dict(client.get("http://nginx/state").json())
        except httpx2.TransportError:
            return None

    def wait_applied(self) -> None:
        """Until nginx has every change committed so far."""
        self.wait_until(self._applied)

    def wait_until(self, condition: Callable[[], object]) -> None:
        """Until `condition` holds; AssertionError with the edge's state and logs when it does not in time."""
        try:
            until(condition)
        except AssertionError as error:
            wanted = f"sequence {self.plane.sequence}, processes {self.processes}"
            raise AssertionError(f"{self.state()}; wanted {wanted}\n{self.logs()}") from error

    def rendering(self) -> str:
        """The identity of the configuration nginx runs with."""
        state = self.state()
        assert state is not None
        return str(state["rendering"])

    def state_sequence(self) -> int:
        """What nginx has applied; -1 when it has nothing or does not answer."""
        state = self.state()
        return int(state["sequence"]) if state else -1

    def _applied(self) -> bool:
        state = self.state()
        return state is not None and state["epoch"] != "" and state["sequence"] == self.plane.sequence

    def logs(self) -> str:
        """The ends of what the processes wrote."""
        files = [*self.home.glob("*.log"), *(self.home / "logs").glob("*error.log")]
        return "\n".join(f"== {file.name}\n{file.read_text()[-3000:]}" for file in files)

    def add_environment(self, number: int, *, engine: bool = True, **route: Any) -> str:
        name = label(number)
        value = {
            "accountId": "acc_1",
            "status": "ON",
            "ingressPort": self.ports_from + 2 * number,
            "adminPort": self.ports_from + 2 * number + 1,
            "requestsPerSecond": 0,
            "requestSizeLimitBytes": 33_554_432,
        }
        self.plane.change("routes", name, {**value, **route})
        if engine:
            self.engines[name] = EchoEngine(self.run / "e", name).start()
        return name

    def add_key(
        self, number: int, role: str, *, secret: str = "", expires_at: str | None = None,
        restrictions: dict[str, Any] | None = None,
    ) -> str:  # fmt: skip
        token = f"key_{role}{number}.{secret or 'secret'}"
        value: dict[str, Any] = {"kind": "api_key", "keyId": f"key_{role}{number}"}
        if restrictions:
            value = {"kind": "restricted_api_key", "keyId": f"key_{role}{number}{secret}", "restrictions": restrictions}
        value |= {"label": label(number), "role": role}
        self.plane.change("principals", digest(token), {**value, "expiresAt": expires_at})
        return token

    def add_member(self, user: str, role: str, account: str = "acc_1") -> str:
        token = f"eyJhbGciOiJFZERTQSJ9.{base64url(user.encode())}.signature"
        self.plane.change(
            "principals", digest(token), {"kind": "user", "userId": user, "expiresAt": "2999-01-01T00:00:00Z"}
        )
        self.plane.change("members", f"{user}/{account}", {"role": role})
        return token

    def add_workload(self, number: int, role: str, user: str, expires_at: str = "2999-01-01T00:00:00Z") -> str:
        """A token of a CI job whose rule ``user`` vouches for."""
        token = f"eyJhbGciOiJIUzI1NiJ9.{base64url(f'{number}{role}{user}'.encode())}.signature"
        value = {"kind": "workload", "tokenId": "tok_1", "ruleId": "wir_1", "label": label(number), "role": role}
        self.plane.change("principals", digest(token), {**value, "userId": user, "expiresAt": expires_at})
        return token

    def add_ui_session(
        self, number: int, user: str, value: str = "v4lue", expires_at: str = "2999-01-01T00:00:00Z", prefix: str = ""
    ) -> str:
        """The cookie of a member's engine UI, as a browser sends it."""
        pair = f"{prefix}rc_ui_{label(number)}={value}"
        self.plane.change("principals", digest(pair), self.ui_session(number, user, expires_at))
        return pair

    def ui_session(self, number: int, user: str, expires_at: str = "2999-01-01T00:00:00Z") -> dict[str, Any]:
        """What the control plane publishes of it."""
        value = {"kind": "ui_session", "tokenId": f"tok_{user}", "label": label(number), "userId": user}
        return {**value, "expiresAt": expires_at}

    def host(self, number: int) -> str:
        return f"{label(number)}.env.local.restate.localhost"

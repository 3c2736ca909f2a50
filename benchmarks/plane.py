"""A whole plane of the benchmark's own: its home, its ports, its account, gone without a trace afterwards."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from benchmarks.processes import Failed, clean_environment
from embedded.layout import Layout, locate

CHECKOUT = Path(__file__).resolve().parent.parent
_COMMAND_SECONDS = 240.0
# High enough never to refuse, so that requests are still counted; 0 would switch the counting off.
_LIMITS = {
    "CONTROLPLANE_ENVIRONMENT_REQUESTS_PER_SECOND": "1000000",
    "CONTROLPLANE_ENVIRONMENTS_PER_ACCOUNT": "1000",
    "CONTROLPLANE_API_KEYS_PER_ENVIRONMENT": "1000",
}


@dataclass(frozen=True)
class Environment:
    """One environment and a key for everything in it."""

    environment_id: str
    ingress_url: str
    admin_url: str
    signing_public_key: str
    token: str

    @property
    def label(self) -> str:
        """The name of its directories and sockets."""
        return self.environment_id.removeprefix("env_")

    @property
    def admin_port(self) -> int:
        """Its loopback port for the admin API."""
        return int(urlsplit(self.admin_url).port or 0)

    @property
    def ingress_port(self) -> int:
        """Its loopback port for calls."""
        return int(urlsplit(self.ingress_url).port or 0)


class Plane:
    """One installation at ``home``. Not running until `up`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.base = _free_base()
        self._env = {**clean_environment(), **_LIMITS, "CONTROLPLANE_HOME": str(home)}
        self._env["CONTROLPLANE_PORT_BASE"] = str(self.base)

    def set(self, settings: Mapping[str, str]) -> None:
        """Variables for its next start."""
        self._env |= settings

    @property
    def layout(self) -> Layout:
        """Where its parts are, for a process beside it."""
        return locate(self._env)

    @property
    def run_dir(self) -> Path:
        """Where its sockets are."""
        return locate(self._env).run

    def up(self) -> float:
        """Seconds that ``script/up --detach`` took. Raises `Failed`."""
        return self._command("up", "--detach")

    def down(self) -> float:
        """Seconds that ``script/down`` took. Raises `Failed`."""
        return self._command("down")

    def api(self) -> Api:
        """A new user with an account of its own."""
        endpoints = json.loads((self.home / "endpoints.json").read_text())
        return Api(f"{endpoints['apiUrl']}/api/v1")

    def pid(self, name: str) -> int | None:
        """Of one of its processes, now."""
        pids: dict[str, int] = json.loads((self.home / "endpoints.json").read_text())["pids"]
        return pids.get(name)

    def digest_key(self) -> str:
        """The key of the edge's digests, base64url, from the edge's own table: peers look up the same keys."""
        with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(self.run_dir / "api-internal.sock"))) as client:
            credential = (self.home / "secrets" / "runner-credential").read_text().strip()
            headers = {"authorization": f"Bearer {credential}"}
            answer = client.get("http://internal/internal/v1/edge/snapshot", headers=headers)
        return str(answer.raise_for_status().json()["tables"]["settings"]["digestKey"])

    def _command(self, name: str, *arguments: str) -> float:
        started = time.monotonic()
        done = subprocess.run(
            [CHECKOUT / "script" / name, *arguments],
            env=self._env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
        if done.returncode:
            raise Failed(f"script/{name} failed: {(done.stdout + done.stderr)[-1500:]}")
        return time.monotonic() - started


class Api:
    """The public API as one owner of one account sees it. Thread-safe."""

    def __init__(self, base_url: str) -> None:
        self._client = httpx2.Client(base_url=base_url, timeout=30.0)
        self._person = {"email": f"bench-{uuid.uuid4().hex[:12]}@example.com", "password": uuid.uuid4().hex}
        self.token: str = self._call("POST", "/auth/signup", self._person)["accessToken"]
        self._client.headers["authorization"] = f"Bearer {self.token}"
        # The token is what counts here; beside a session cookie every change would need a CSRF header.
        self._client.cookies.clear()
        name = f"bench-{uuid.uuid4().hex[:8]}"
        self.account_id: str = self._call("POST", "/accounts", {"name": name})["accountId"]

    @cached_property
    def _environments(self) -> str:
        return f"/accounts/{self.account_id}/environments"

    def create(self) -> Environment:
        """Ask for an environment and a key of it; answers before the environment is ready."""
        made = self._call("POST", self._environments, {"name": f"e-{uuid.uuid4().hex[:12]}"})
        token = self.create_key(made["environmentId"])[1]
        addresses = made["ingressBaseUrl"], made["adminBaseUrl"]
        return Environment(made["environmentId"], *addresses, made["signingPublicKey"], token)

    def active(self, environment_id: str) -> bool:
        """Whether its engine has been reported ready."""
        return bool(self._call("GET", f"{self._environments}/{environment_id}")["status"] == "ACTIVE")

    def purge(self, environment_id: str) -> None:
        """Destroy it at once."""
        self._call("DELETE", f"{self._environments}/{environment_id}?purge=true")

    def create_key(self, environment_id: str, restrictions: Mapping[str, Any] | None = None) -> tuple[str, str]:
        """The new key's id and its secret."""
        body = {"description": "benchmark", "role": "full", "restrictions": restrictions}
        made = self._call("POST", f"{self._environments}/{environment_id}/api-keys", body)
        return made["keyId"], made["secret"]

    def revoke_key(self, environment_id: str, key_id: str) -> None:
        """Returns when the API has confirmed it."""
        self._call("DELETE", f"{self._environments}/{environment_id}/api-keys/{key_id}")

    def log_in(self) -> str:
        """The access token of one more session of the same person."""
        token: str = self._call("POST", "/auth/login", self._person)["accessToken"]
        self._client.cookies.clear()
        return token

    def browser_session(self) -> str:
        """The cookie of one more session of the same person."""
        cookie: str = self._client.post("/auth/login", json=self._person).raise_for_status().cookies["rc_session"]
        self._client.cookies.clear()
        return cookie

    def log_out(self, token: str) -> None:
        """Returns when the API has confirmed it."""
        answer = self._client.post("/auth/logout", headers={"authorization": f"Bearer {token}"})
        if answer.status_code != 204:
            raise Failed(f"logging out: {answer.status_code} {answer.text}")

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        answer = self._client.request(method, path, json=body)
        if answer.status_code >= 400:
            raise Failed(f"{method} {path}: {answer.status_code} {answer.text}")
        return dict(answer.json()) if answer.content else {}


@contextlib.contextmanager
def fresh() -> Iterator[Plane]:
    """A plane that is not running yet, in an empty home; stopped and removed when the block ends."""
    with _removed(Path(tempfile.mkdtemp(prefix="controlplane-bench-"))) as home:
        plane = Plane(home)
        try:
            yield plane
        finally:
            plane.down()


@contextlib.contextmanager
def _removed(home: Path) -> Iterator[Path]:
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _free_base() -> int:
    # Below the ports that Linux gives to outgoing connections; by chance, so that two runs seldom meet.
    for base in random.sample(range(20_000, 32_000, 500), 24):
        with contextlib.suppress(OSError), contextlib.ExitStack() as held:
            for port in (*range(base, base + 6), base + 100):
                held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return base
    raise Failed("No free range of ports from 20000 to 32000.")

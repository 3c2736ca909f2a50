"""A relay process for tests, fed by the internal API's double; engines' signatures are made here."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import base58
import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.envrunner.edge.plane_double import CREDENTIAL, PlaneDouble
from tests.support.ports import Claim
from tests.support.waiting import until

REPOSITORY = Path(__file__).parents[3]
DIGEST_KEY = base64.urlsafe_b64encode(b"the digest key of these tests").rstrip(b"=").decode()
FAR = "2999-01-01T00:00:00Z"


def label(number: int) -> str:
    """Of the environment ``number``."""
    return f"{number:027}"


def environment_id(number: int) -> str:
    return f"env_{label(number)}"


def digest(token: str) -> str:
    hashed = hashlib.sha256((DIGEST_KEY + token).encode()).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()


@dataclass
class RelayNode:
    """``relay_port`` is where customers dial in, ``proxy_port`` where engines call."""

    home: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="relay-", dir="/tmp")))
    settings: dict[str, object] = field(default_factory=dict)
    beside: RelayNode | None = None
    """Another node of the same region, which hears of the same control plane."""

    def __post_init__(self) -> None:
        self.ports = Claim()
        self.relay_port, self.proxy_port = self.ports.base, self.ports.base + 1
        self.plane: PlaneDouble = self.beside.plane if self.beside else PlaneDouble(self.home / "api.sock")
        self.keys: dict[int, Ed25519PrivateKey] = self.beside.keys if self.beside else {}
        self.process: subprocess.Popen[bytes] | None = None
        (self.home / "credential").write_text(CREDENTIAL)
        if not self.beside:
            self.plane.change("settings", "digestKey", DIGEST_KEY)

    # -- what the control plane says

    def add_environment(self, number: int, account: str = "acc_1", **route: Any) -> None:
        key = self.keys.setdefault(number, Ed25519PrivateKey.generate())
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        value = {
            "accountId": account,
            "status": "ON",
            "signingPublicKeys": ["publickeyv1_" + base58.b58encode(raw).decode()],
            **route,
        }
        self.plane.change("routes", label(number), value)

    def add_key(self, number: int, role: str = "full", expires_at: str | None = None) -> str:
        token = f"key_{role}{number}.{time.monotonic_ns()}"
        value = {"kind": "api_key", "keyId": f"key_{role}", "label": label(number), "role": role}
        self.plane.change("principals", digest(token), {**value, "expiresAt": expires_at})
        return token

    def revoke(self, token: str) -> None:
        self.plane.change("principals", digest(token), None)

    def add_member(self, user: str, role: str, account: str = "acc_1") -> str:
        token = f"token-of-{user}"
        self.plane.change("principals", digest(token), {"kind": "user", "userId": user, "expiresAt": FAR})
        self.plane.change("members", f"{user}/{account}", {"role": role})
        return token

    def remove_member(self, user: str, account: str = "acc_1") -> None:
        self.plane.change("members", f"{user}/{account}", None)

    # -- what an engine does

    def signed(self, number: int, signer: int | None = None, **claims: object) -> list[tuple[str, str]]:
        """The headers of a call of the environment's engine, or of another's that claims to be."""
        now = int(time.time())
        body = {"aud": "/discover", "iat": now, "nbf": now - 60, "exp": now + 60, **claims}
        body = {name: value for name, value in body.items() if value is not None}
        key = self.keys[number if signer is None else signer]
        token = jwt.encode(body, key, algorithm="EdDSA", headers={"kid": "publickeyv1_any"})
        return [("x-restate-signature-scheme", "v1"), ("x-restate-jwt-v1", token)]

    # -- the process

    def start(self) -> RelayNode:
        if not self.plane.running:
            self.plane.start()
        self.launch()
        until(lambda: self.ask("/healthz"))
        return self

    def launch(self) -> None:
        with (self.home / "relay.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "envrunner", "relay"], env=self._environment(), stdout=log, stderr=log
            )

    def stop(self) -> None:
        self.kill()
        if not self.beside:
            self.plane.stop()
        shutil.rmtree(self.home, ignore_errors=True)
        self.ports.release()

    def kill(self) -> None:
        """kill -9, or nothing when it does not run."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def terminate(self) -> subprocess.Popen[bytes]:
        """Tell it to end; the caller waits."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        process, self.process = self.process, None
        return process

    def log(self) -> str:
        return (self.home / "relay.log").read_text()

    def ask(self, path: str) -> httpx2.Response | None:
        """What it says about itself; None when it does not answer."""
        transport = httpx2.HTTPTransport(uds=str(self.home / "relay.sock"))
        try:
            with httpx2.Client(transport=transport) as client:
                return client.get(f"http://relay{path}")
        except httpx2.TransportError:
            return None

    def tunnels(self) -> list[dict[str, Any]]:
        answer = self.ask("/tunnels")
        assert answer is not None
        items: list[dict[str, Any]] = json.loads(answer.content)["items"]
        return items

    def tunnel(self, name: str) -> dict[str, Any]:
        (found,) = [one for one in self.tunnels() if one["name"] == name]
        return found

    def resident_bytes(self) -> int:
        assert self.process is not None
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def peak_bytes(self) -> int:
        """The most that was resident since `forget_peak`."""
        assert self.process is not None
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        (peak,) = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
        return int(peak) * 1024

    def forget_peak(self) -> None:
        assert self.process is not None
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def descriptors(self) -> int:
        """Open files and sockets."""
        assert self.process is not None
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def _environment(self) -> dict[str, str]:
        own = {
            "STATE_DIR": self.home / "state",
            "ENGINES_DIR": self.home / "engines",
            "EDGE_DIR": self.home / "edge",
            "LOG_DIR": self.home / "logs",
            "RUN_DIR": self.home,
            "INTERNAL_URL": f"unix:{self.plane.socket}",
            "CREDENTIAL_FILE": self.home / "credential",
            "RELAY_PORT": self.relay_port,
            "TUNNEL_PROXY_PORT": self.proxy_port,
            **self.settings,
        }
        path = os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH"))))
        return {**os.environ, **{f"ENVRUNNER_{name}": str(value) for name, value in own.items()}, "PYTHONPATH": path}


async def until_async(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Until it holds, with the loop running."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 the condition is another process's
            await asyncio.sleep(0.01)


def raw_connection(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)

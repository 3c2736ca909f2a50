"""A node that only sends logs: files that a test writes, and the wire's double that takes them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from envrunner.client import InternalClient
from envrunner.edge.layout import EdgeLayout
from envrunner.keep import open_log, rotate
from envrunner.settings import Settings
from envrunner.shipping.shipper import Shipper
from tests.envrunner.control_plane import CREDENTIAL, ControlPlane

LABEL = "0" * 27
ENVIRONMENT = f"env_{LABEL}"


class Log:
    """An engine's log: written through one descriptor that is never opened anew, as an engine does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = open_log(path)

    def write(self, *lines: str) -> None:
        for line in lines:
            self.write_bytes(line.encode() + b"\n")

    def write_bytes(self, content: bytes) -> None:
        os.write(self._descriptor, content)

    def rotate(self) -> None:
        assert rotate(self.path, limit_bytes=0)

    def rotate_and_die(self) -> None:
        """Killed after the copy was put in its place and before the log was emptied."""
        content = self.path.read_bytes()
        self.rotate()
        self.write_bytes(content)


class Sender:
    """`settings` may be changed before `restart`, which forgets everything that is not on the disk."""

    def __init__(self, home: Path, plane: ControlPlane, internal_url: str) -> None:
        (home / "credential").write_text(CREDENTIAL)
        self.plane = plane
        self.settings = Settings(
            state_dir=home / "state",
            engines_dir=home / "engines",
            edge_dir=home / "edge",
            log_dir=home / "logs",
            run_dir=home / "run",
            internal_url=internal_url,
            credential_file=home / "credential",
        )
        (home / "logs" / "engines").mkdir(parents=True)
        EdgeLayout.of(self.settings).lines.mkdir(parents=True)
        self.restart()

    def restart(self, **settings: object) -> None:
        self.settings = self.settings.model_copy(update=settings)
        internal = InternalClient(self.settings.internal_url, self.settings.credential_file)
        self.shipper = Shipper(internal, self.settings)

    def log(self, label: str = LABEL) -> Log:
        return Log(self.settings.log_dir / "engines" / f"{label}.log")

    def edge_log(self, label: str = LABEL) -> Log:
        return Log(EdgeLayout.of(self.settings).lines / f"{label}.log")

    def send_all(self) -> None:
        while self.shipper.round():
            pass

    def taken(self, environment_id: str = ENVIRONMENT) -> list[str]:
        return self.plane.logged(environment_id)


@pytest.fixture
def sender() -> Iterator[Sender]:
    home = Path(tempfile.mkdtemp(prefix="logs-"))
    plane = ControlPlane(home / "api.sock")
    plane.start()
    yield Sender(home, plane, f"unix:{home / 'api.sock'}")
    plane.stop()
    shutil.rmtree(home)

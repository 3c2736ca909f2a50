"""A checkout and where things are put in it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

_LOCKS = {"embedded": "requirements.lock", "test": "requirements-dev.lock"}


class Refused(Exception):
    """This cannot go on; the message says what to do about it."""


@dataclass(frozen=True)
class Checkout:
    """A checkout at ``root`` (its real path). A level is ``embedded`` or ``test``; the second includes the first."""

    root: Path

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def stamp(self) -> Path:
        return self.venv / ".installed.json"

    @property
    def log(self) -> Path:
        return self.venv / "install.log"

    @property
    def site_packages(self) -> Path:
        return self.venv / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"

    def lock(self, level: str) -> Path:
        """The Python lock file of a level."""
        return self.root / _LOCKS[level]

    @property
    def web(self) -> Path:
        """The console's sources."""
        return self.root / "web"

    def node_folders(self, level: str) -> list[Path]:
        """Folders with a package-lock.json to install: the engine's and the console's always, others for tests."""
        patterns = ["package-lock.json", "web/package-lock.json"]
        if level == "test":
            patterns += ["examples/*/package-lock.json", "tests/package-lock.json", "tests/*/package-lock.json"]
        return [found.parent for pattern in patterns for found in sorted(self.root.glob(pattern))]

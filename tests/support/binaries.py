"""Engine versions that a node could start: the checkout's, and others under names of their own."""

from __future__ import annotations

import json
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
WORKING, BROKEN, HANGING = "1.7.13", "1.7.14", "1.7.15"
_OWN = CHECKOUT / "node_modules/@restatedev/restate-server-linux-x64"


def directory(path: Path) -> Path:
    """A directory with the checkout's engine, to which others can be added."""
    package = path / "node_modules/@restatedev/restate-server-linux-x64"
    package.parent.mkdir(parents=True)
    package.symlink_to(_OWN)
    return path


def plane_settings(path: Path) -> dict[str, str]:
    """The variables with which a plane's node has the checkout's engine, a newer one that works, and one that does not.

    Same executable, other name: a real second version is a download of 81 MB.
    """
    offered = directory(path)
    add(offered, WORKING)
    add(offered, BROKEN, "exit 1")
    return {"ENVRUNNER_ENGINE_BINARIES": str(offered)}


def add_hanging(binaries: Path) -> None:
    """One that starts and never answers, to a directory of several."""
    add(binaries, HANGING, "exec /bin/sleep 3600")


def add(binaries: Path, version: str, program: str | None = None) -> None:
    """The checkout's engine once more as another version, or a shell script instead."""
    package = binaries / f"node_modules/restate-server-{version}"
    (package / "bin").mkdir(parents=True)
    executable = package / "bin/restate-server"
    if program is None:
        executable.symlink_to(_OWN / "bin/restate-server")
    else:
        executable.write_text(f"#!/bin/sh\n{program}\n")
        executable.chmod(0o755)
    # Last: without it nobody sees the rest.
    (package / "package.json").write_text(json.dumps({"version": version}))

"""Linters, types, import contracts, then the tests; runs inside the checkout's environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_BIN = Path(sys.executable).parent
_CHECKS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy"],
    "import contracts": ["lint-imports"],
}
# Debian packages that hold a program the tests call.
_PROGRAMS = {"openssl": "openssl", "curl": "curl", "chromium": "chromium", "nft": "nftables", "ip": "iproute2"}


def main(arguments: list[str]) -> int:
    """Exit status 0 when every check and every test passed. All of them run, whatever failed before."""
    _install_programs()
    failed = [name for name, command in _CHECKS.items() if not _passes(name, command)]
    if failed:
        print(f"\n✗ failed before the tests: {', '.join(failed)}", flush=True)
    workers = str(max(2, min(4, os.cpu_count() or 2)))
    tests = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "loadfile", *arguments]
    # Fewest surprises: an acceptance run must not depend on what a developer's shell exports.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("CONTROLPLANE_", "ENVRUNNER_"))}
    status = subprocess.run(tests, env=env, check=False).returncode
    return status or (1 if failed else 0)


def _passes(name: str, command: list[str]) -> bool:
    print(f"→ {name}: {' '.join(command)}", flush=True)
    return subprocess.run([_BIN / command[0], *command[1:]], check=False).returncode == 0


def _install_programs() -> None:
    missing = sorted({package for program, package in _PROGRAMS.items() if not shutil.which(program)})
    if missing and os.geteuid() == 0 and (apt := shutil.which("apt-get")):
        print(f"→ installing {' '.join(missing)}", flush=True)
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run([apt, "update", "-qq"], env=env, check=False)
        subprocess.run([apt, "install", "-y", "-qq", "--no-install-recommends", *missing], env=env, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Linters, types, import contracts, then the tests; runs inside the checkout's environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_BIN = Path(sys.executable).parent
_ROOT = Path(__file__).resolve().parent.parent
_WEB = _ROOT / "web"
_DESCRIPTION = _WEB / "openapi.json"
_CHECKS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy"],
    "import contracts": ["lint-imports"],
}
_CONSOLE_CHECKS = {
    "console, lint": ["node", "node_modules/eslint/bin/eslint.js", "."],
    "console, types": ["node", "node_modules/typescript/bin/tsc", "--noEmit"],
    "console, tests": ["node", "node_modules/vitest/vitest.mjs", "run"],
}
# Debian packages that hold a program the tests call.
_PROGRAMS = {"openssl": "openssl", "curl": "curl", "chromium": "chromium", "nft": "nftables", "ip": "iproute2"}


def main(arguments: list[str]) -> int:
    """Exit status 0 when every check and every test passed. All of them run, whatever failed before."""
    _install_programs()
    failed = [name for name, command in _CHECKS.items() if not _passes(name, command)]
    failed += [name for name, command in _CONSOLE_CHECKS.items() if not _passes(name, command, _WEB)]
    failed += [] if _description_is_current() else ["web/openapi.json"]
    if failed:
        print(f"\n✗ failed before the tests: {', '.join(failed)}", flush=True)
    workers = str(max(2, min(4, os.cpu_count() or 2)))
    tests = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "loadfile", *arguments]
    # Fewest surprises: an acceptance run must not depend on what a developer's shell exports.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("CONTROLPLANE_", "ENVRUNNER_"))}
    status = subprocess.run(tests, env=env, check=False).returncode
    return status or (1 if failed else 0)


def _passes(name: str, command: list[str], folder: Path | None = None) -> bool:
    print(f"→ {name}: {' '.join(command)}", flush=True)
    return subprocess.run([_BIN / command[0], *command[1:]], check=False, cwd=folder).returncode == 0


def _description_is_current() -> bool:
    """The console's types are made from the committed description, so it must be the application's own."""
    print("→ web/openapi.json: controlplane openapi", flush=True)
    printed = subprocess.run([_BIN / "controlplane", "openapi"], stdout=subprocess.PIPE, check=False, cwd=_ROOT).stdout
    if printed == _DESCRIPTION.read_bytes():
        return True
    print("✗ The API has changed since: .venv/bin/controlplane openapi > web/openapi.json, and commit it", flush=True)
    return False


def _install_programs() -> None:
    missing = sorted({package for program, package in _PROGRAMS.items() if not shutil.which(program)})
    if missing and os.geteuid() == 0 and (apt := shutil.which("apt-get")):
        print(f"→ installing {' '.join(missing)}", flush=True)
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run([apt, "update", "-qq"], env=env, check=False)
        subprocess.run([apt, "install", "-y", "-qq", "--no-install-recommends", *missing], env=env, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Linters, then the tests and, beside them, types and the other checks; runs inside the checkout's environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_BIN = Path(sys.executable).parent
_ROOT = Path(__file__).resolve().parent.parent
_WEB = _ROOT / "web"
_DESCRIPTION = _WEB / "openapi.json"
_QUICK = {"format": ["ruff", "format", "--check", "."], "lint": ["ruff", "check", "."]}
_CHECKS = {"types": ["mypy"], "import contracts": ["lint-imports"]}
_CONSOLE_CHECKS = {
    "console, lint": ["node", "node_modules/eslint/bin/eslint.js", "."],
    "console, types": ["node", "node_modules/typescript/bin/tsc", "--noEmit"],
    "console, tests": ["node", "node_modules/vitest/vitest.mjs", "run"],
}
# Debian packages that hold a program the tests call.
_PROGRAMS = {
    "openssl": "openssl",
    "curl": "curl",
    "chromium-headless-shell": "chromium-headless-shell",
    "nft": "nftables",
    "ip": "iproute2",
}


def main(arguments: list[str]) -> int:
    """Exit status 0 when every check and every test passed. All of them run, whatever failed before."""
    _install_programs()
    troubles = [_trouble(name, command) for name, command in _QUICK.items()]
    print("".join(troubles), flush=True)
    # One after the other: the tests keep the processors busy, but for moments in which they wait.
    beside = ThreadPoolExecutor(1)
    try:
        others = [beside.submit(_trouble, name, command) for name, command in _CHECKS.items()]
        others += [beside.submit(_trouble, name, command, _WEB) for name, command in _CONSOLE_CHECKS.items()]
        others.append(beside.submit(_trouble_with_description))
        status = _tests(arguments)
        troubles += [other.result() for other in others]
    finally:
        beside.shutdown(cancel_futures=True)
    print(
        "\n" + ("".join(troubles) or "✓ Linters, types, import contracts and the console's checks passed."), flush=True
    )
    return status or (1 if any(troubles) else 0)


def _tests(arguments: list[str]) -> int:
    # One more than processors: tests of a whole plane wait for a good part of their time.
    workers = str(max(2, min(4, (os.cpu_count() or 2) + 1)))
    tests = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "loadfile", *arguments]
    # Fewest surprises: an acceptance run must not depend on what a developer's shell exports.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("CONTROLPLANE_", "ENVRUNNER_"))}
    return subprocess.run(tests, env=env, check=False).returncode


def _trouble(name: str, command: list[str], folder: Path = _ROOT) -> str:
    """What the check says when it fails, else nothing."""
    argv = [str(_BIN / command[0]), *command[1:]]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, cwd=folder)
    return f"✗ {name} ({' '.join(command)}):\n{done.stdout}\n" if done.returncode else ""


def _trouble_with_description() -> str:
    """The console's types are made from the committed description, so it must be the application's own."""
    printed = subprocess.run([_BIN / "controlplane", "openapi"], stdout=subprocess.PIPE, check=False, cwd=_ROOT).stdout
    if printed == _DESCRIPTION.read_bytes():
        return ""
    return "✗ The API has changed since: .venv/bin/controlplane openapi > web/openapi.json, and commit it\n"


def _install_programs() -> None:
    missing = sorted({package for program, package in _PROGRAMS.items() if not shutil.which(program)})
    if missing and os.geteuid() == 0 and (apt := shutil.which("apt-get")):
        print(f"→ installing {' '.join(missing)}", flush=True)
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run([apt, "update", "-qq"], env=env, check=False)
        subprocess.run([apt, "install", "-y", "-qq", "--no-install-recommends", *missing], env=env, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

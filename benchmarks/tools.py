"""The programs of others that load and peer rows need."""

from __future__ import annotations

import os
import shutil
import subprocess

_PACKAGES = {"wrk": "wrk", "haproxy": "haproxy", "h2load": "nghttp2-client", "sshd": "openssh-server"}


def install_missing() -> None:
    """As root on Debian install what is missing; elsewhere do nothing. A failure shows as a skipped row."""
    missing = [package for program, package in _PACKAGES.items() if not find(program)]
    apt = shutil.which("apt-get")
    if not missing or os.geteuid() != 0 or not apt:
        return
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
        subprocess.run([apt, "-qq", *command], env=env, check=False, stdout=subprocess.DEVNULL)


def find(program: str) -> str | None:
    """Its path. HAProxy lives in /usr/sbin, which ordinary users often do not search."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")


def missing_reason(program: str) -> str | None:
    """Why rows that need it are skipped; None when it is there."""
    if find(program):
        return None
    return f"{program} is not installed (Debian: apt-get install {_PACKAGES[program]})"


def version(program: str, *arguments: str) -> str | None:
    """The first line that it says about itself."""
    path = find(program)
    if path is None:
        return None
    done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    return lines[0].strip() if lines else None

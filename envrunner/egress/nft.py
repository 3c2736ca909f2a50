"""The kernel's rules, by way of nft(8)."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

_PATH = "/usr/sbin:/usr/local/sbin:/sbin:/usr/bin:/bin"
_SECONDS = 30.0


class NftFailed(Exception):
    """Why, and what to do about it."""


class _NoSuchTable(NftFailed):
    pass


def load(rules: str, *, check: bool = False) -> None:
    """All of it or nothing; ``check``: only whether it would be taken. Raises `NftFailed`."""
    _run(["--check"] if check else [], ["--file", "-"], rules)


def listing(table: str) -> str | None:
    """The rules of a table as the kernel has them; None when it has no such table. Raises `NftFailed`."""
    try:
        return _run(["--stateless", "--numeric"], ["list", "table", "inet", table])
    except _NoSuchTable:
        return None


def delete(table: str) -> None:
    """Nothing happens when it is gone. Raises `NftFailed`."""
    load(f"table inet {table}\ndelete table inet {table}\n")


def _run(options: Sequence[str], command: Sequence[str], given: str = "") -> str:
    program = shutil.which("nft") or shutil.which("nft", path=_PATH)
    if program is None:
        raise NftFailed("there is no nft on this host: install the package nftables")
    try:
        done = subprocess.run(
            [program, *options, *command], input=given, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NftFailed(f"nft cannot be run: {error}") from error
    if done.returncode and "No such file or directory" in done.stderr:
        raise _NoSuchTable(_reason(done.stderr))
    if done.returncode:
        raise NftFailed(_reason(done.stderr))
    return done.stdout


def _reason(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()] or ["it did not say why"]
    if "Operation not permitted" in said:
        return "the kernel takes no rules from this process: give it CAP_NET_ADMIN"
    return f"nft refuses the rules: {lines[0][:200]}"

"""What script/up and script/test share: everything they need, installed into the checkout and nowhere else.

Only the standard library of Python ≥ 3.11. A stamp over the lock files makes every later run take milliseconds.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from script import installers, surroundings
from script.checkout import Checkout, Refused
from script.compiling import Compiling, settled
from script.progress import Step

_FREE_BYTES = 1_500_000_000


def ensure(root: Path, level: str, *, console: bool = True) -> Path:
    """Install what ``level`` needs into the checkout at ``root``; the Python to go on with. Raises `Refused`."""
    checkout = Checkout(root.resolve())
    refuse_platform(sys.platform, platform.machine())
    if installed(checkout, level) and (not console or installers.console_current(checkout)) and settled(checkout):
        return checkout.python
    with _alone(checkout):
        # A checkout that was prepared for tests stays so: taking packages away would pull them from under a run.
        level = "test" if (checkout.site_packages / "pytest").is_dir() else level
        if not installed(checkout, level):
            _install(checkout, level)
        elif not settled(checkout):
            _compile(checkout)
        if console and not installers.console_current(checkout):
            _build_console(checkout)
    return checkout.python


def refuse_platform(system: str, machine: str) -> None:
    """Raise `Refused` where no engine or database binary is known to us."""
    if (system, machine) != ("linux", "x86_64"):
        raise Refused(
            f"This machine is {system} on {machine}; the embedded mode has binaries for Linux on x86_64 only so far. "
            "Run it in a Linux x86_64 machine or container."
        )


def wanted(checkout: Checkout, level: str) -> dict[str, object]:
    """What the stamp says when everything of ``level`` is installed."""
    files = [checkout.root / "uv.lock.txt", checkout.lock(level)]
    files += [folder / "package-lock.json" for folder in checkout.node_folders(level)]
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return {
        "level": level,
        "locks": digest.hexdigest(),
        "root": str(checkout.root),
        "python": ".".join(map(str, sys.version_info[:2])),
        "commands": installers.commands(checkout),
    }


def installed(checkout: Checkout, level: str) -> bool:
    """Whether ``level``, or more, is installed from the lock files as they are now."""
    try:
        stamp = json.loads(checkout.stamp.read_text())
    except (OSError, ValueError):
        return False
    enough = stamp.get("level") in (level, "test")
    return enough and stamp == wanted(checkout, stamp["level"]) and checkout.python.exists()


@contextlib.contextmanager
def _alone(checkout: Checkout) -> Iterator[None]:
    """One installer at a time in a checkout; the folder itself carries the lock, so no file is left behind."""
    descriptor = os.open(checkout.root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another run installs into this checkout; waiting for it.", file=sys.stderr, flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _install(checkout: Checkout, level: str) -> None:
    _refuse_place(checkout)
    with _readable():
        _install_steps(checkout, level)


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    """Another account may run the database from these files, however private the caller's own files are."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def _build_console(checkout: Checkout) -> None:
    """A console that cannot be built is no reason to start nothing when an earlier one is there."""
    try:
        with Step(1, 1, "Console (web/)"):
            installers.build_console(checkout, surroundings.for_installers(checkout.venv, os.environ))
    except Refused as refusal:
        if not (checkout.web / "dist" / "index.html").exists():
            raise
        print(f"{refusal}\nGoing on with the console that was built before.", file=sys.stderr, flush=True)


def _compile(checkout: Checkout) -> None:
    env = surroundings.for_installers(checkout.venv, os.environ)
    with _readable():
        _wait_for(Compiling(checkout, installers.install_uv(checkout, env), env))


def _wait_for(compiling: Compiling) -> None:
    if compiling.under_way:
        with Step(1, 1, "Relay (compiling)"):
            compiling.wait()


def _install_steps(checkout: Checkout, level: str) -> None:
    stamp, moved = wanted(checkout, level), _moved(checkout)
    checkout.stamp.unlink(missing_ok=True)
    env = surroundings.for_installers(checkout.venv, os.environ)
    folders = [one for one in checkout.node_folders(level) if not installers.node_current(one)]
    total = 3 + len(folders)
    with Step(1, total, "Python environment in .venv"):
        installers.create_venv(checkout, moved)
    with Step(2, total, "Installer (uv)"):
        uv = installers.install_uv(checkout, env)
    compiling = Compiling(checkout, uv, env)
    with Step(3, total, "Python packages", lambda: installers.share_of_packages(checkout, level)):
        installers.install_packages(checkout, level, uv, env)
    for number, folder in enumerate(folders, start=4):
        what = "Engine" if folder == checkout.root else f"Node packages of {folder.relative_to(checkout.root)}/"
        with Step(number, total, what):
            installers.install_node(checkout, folder, env)
    _wait_for(compiling)
    surroundings.remove_private_caches(checkout.venv)
    installers.write_commands(checkout)
    fresh = checkout.stamp.with_suffix(".part")
    fresh.write_text(json.dumps(stamp))
    fresh.replace(checkout.stamp)


def _refuse_place(checkout: Checkout) -> None:
    places = [one for one in (checkout.root, checkout.venv) if one.exists()]
    if not all(os.access(one, os.W_OK) for one in places):
        raise Refused(f"{checkout.root} is not writable for this account. Clone into a folder of your own.")
    free = shutil.disk_usage(checkout.root).free
    if free < _FREE_BYTES:
        raise Refused(
            f"{checkout.root} has {free // 1_000_000} MB free; installing needs {_FREE_BYTES // 1_000_000} MB. "
            "Free some space or clone to another disk."
        )


def _moved(checkout: Checkout) -> bool:
    """Whether the environment was made at another path, which its scripts still name."""
    try:
        return bool(json.loads(checkout.stamp.read_text()).get("root") != str(checkout.root))
    except (OSError, ValueError):
        return False

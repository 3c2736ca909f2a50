"""Which account the database and the broker run as, and binaries which that account can execute.

Neither server may run as root. As root they run as an account that exists on every machine; no account is created
and no directory above the state is opened up. The account enters its data directory because the directory is made
the working directory before privileges are dropped (it is then named /proc/self/cwd). Where it cannot reach the
binaries (a checkout below a 0700 folder such as /root), they are copied to the runtime directory: that needs no
capability, which containers may not have.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from embedded.layout import Refused

_CANDIDATES = ("postgres", "nobody")
_NOT_NEEDED = ("include", "__pycache__")


@dataclass(frozen=True)
class Account:
    """``uid`` and ``gid`` are None when servers run as the caller."""

    uid: int | None = None
    gid: int | None = None


def service_account() -> Account:
    """The account for servers: the caller, or for root the first of postgres and nobody that exists."""
    if os.geteuid() != 0:
        return Account()
    for name in _CANDIDATES:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid)
    raise Refused("As root the database needs an account named postgres or nobody; create one, or run as a user.")


def own_directory(path: Path, account: Account) -> Account:
    """Make ``path`` 0700 and owned by ``account``. A directory with data keeps its owner, who is returned."""
    path.mkdir(exist_ok=True, mode=0o700, parents=True)
    found = path.stat()
    if account.uid is None or account.gid is None:
        return account
    if found.st_uid != 0 and any(path.iterdir()):
        return Account(found.st_uid, found.st_gid)
    os.chown(path, account.uid, account.gid)
    return account


def executable_by(account: Account, trees: Sequence[Path], run: Path) -> list[Path]:
    """``trees`` (siblings) if ``account`` can enter each, else copies of them in a folder it can execute from."""
    if account.uid is None or all(_enters(account, tree) for tree in trees):
        return list(trees)
    target = _copies(run)
    with contextlib.suppress(FileExistsError):
        target.mkdir(mode=0o755)
    found = target.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise Refused(f"{target} belongs to another account; remove it.")
    target.chmod(0o755)
    return [_copied(tree, target / tree.name) for tree in trees]


def remove_copies(run: Path) -> None:
    """Remove what `executable_by` copied."""
    for place in _places(run):
        shutil.rmtree(place, ignore_errors=True)


def _places(run: Path) -> list[Path]:
    return [run / "bin", Path("/tmp") / f"{run.name}-bin", Path("/var/tmp") / f"{run.name}-bin"]  # noqa: S108 - the owner is checked


def _copies(run: Path) -> Path:
    # /run is mounted noexec on some machines.
    for place in _places(run):
        if not os.statvfs(place.parent).f_flag & os.ST_NOEXEC:
            return place
    raise Refused("No folder to run the database from: /run, /tmp and /var/tmp are all mounted noexec.")


def _copied(tree: Path, target: Path) -> Path:
    if not target.exists():
        part = target.with_name(f"{target.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        for folder, subfolders, files in os.walk(tree):
            subfolders[:] = [name for name in subfolders if name not in _NOT_NEEDED]
            copy = part / Path(folder).relative_to(tree)
            copy.mkdir(mode=0o755)
            copy.chmod(0o755)
            for name in files:
                _copy(Path(folder, name), copy / name)
        part.rename(target)
    return target


def _copy(source: Path, target: Path) -> None:
    """A second name where that is possible, since it costs nothing; the contents where it is not."""
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    mode = source.stat().st_mode
    if mode & 0o044 == 0o044:
        try:
            target.hardlink_to(source)
        except OSError:
            pass  # another file system, or the kernel forbids it
        else:
            return
    shutil.copyfile(source, target)
    target.chmod(0o755 if mode & 0o100 else 0o644)


def _enters(account: Account, tree: Path) -> bool:
    test = ["/bin/sh", "-c", 'cd "$1"', "sh", str(tree)]
    done = subprocess.run(
        test, cwd="/", user=account.uid, group=account.gid, extra_groups=[], capture_output=True, check=False
    )
    return done.returncode == 0

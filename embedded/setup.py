"""What must be done before the parts that use the database: migrations, secrets, the runner's registration."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg

from embedded.board import write_json
from embedded.excerpt import end_of
from embedded.layout import CHECKOUT, Layout, Refused
from envrunner.keep.logs import open_log

_COMMANDS = ("migrate", "init")
_TIMEOUT_SECONDS = 220.0


def run(layout: Layout, env: Mapping[str, str]) -> None:
    """Bring database and secrets up to date; both commands may run any number of times. Raises `Refused`.

    Two seconds of imports are saved where a stamp proves that they would change nothing: same code, same secrets
    present, same database at the same revision.
    """
    stamp = layout.home / "setup.json"
    if _proof(layout, env) == _read(stamp):
        return
    for command in _COMMANDS:
        _run(layout, env, command)
    if (proof := _proof(layout, env)) is not None:
        write_json(stamp, proof)


def _proof(layout: Layout, env: Mapping[str, str]) -> dict[str, object] | None:
    """What the outcome of the commands depends on; None when the database cannot say."""
    revision = _revision(env["CONTROLPLANE_DATABASE_URL"])
    if revision is None:
        return None
    sources = hashlib.sha256()
    for folder in ("controlplane", "migrations"):
        for file in sorted((CHECKOUT / folder).rglob("*.py")):
            sources.update(hashlib.sha256(file.read_bytes()).digest())
    return {
        "sources": sources.hexdigest(),
        "secrets": sorted(path.name for path in layout.secrets.iterdir()),
        "revision": revision,
    }


def _revision(url: str) -> list[object] | None:
    """The database's own identity, and the revision its tables are at."""
    query = (
        "SELECT system_identifier::text, oid::text, version_num FROM pg_control_system(), pg_database, alembic_version"
    )
    try:
        with psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=5) as connection:
            row = connection.execute(f"{query} WHERE datname = current_database()").fetchone()
    except psycopg.Error:
        return None
    return list(row) if row else None


def _read(stamp: Path) -> dict[str, object] | None:
    try:
        return dict(json.loads(stamp.read_text()))
    except (FileNotFoundError, ValueError):
        return {}


def _run(layout: Layout, env: Mapping[str, str], command: str) -> None:
    argv = [sys.executable, "-m", "controlplane", command]
    log_file = layout.log("setup")
    log = open_log(log_file)
    try:
        done = subprocess.run(
            argv,
            env=dict(env),
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
        status = str(done.returncode)
    except subprocess.TimeoutExpired:
        status = f"none after {_TIMEOUT_SECONDS:.0f} s"
    finally:
        os.close(log)
    if status != "0":
        raise Refused(f"`controlplane {command}` failed (status {status}); {end_of(log_file)}")

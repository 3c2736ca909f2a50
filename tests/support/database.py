"""The control plane's own settings, secrets and database for tests: real PostgreSQL, real migrations.

`plane` prepares them once per worker. `isolated` gives a test sessions whose commits are savepoints of a transaction
that is rolled back; `committing` gives real commits and empties the tables afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import make_url, text
from sqlalchemy.orm import Session, sessionmaker

from controlplane.core import broker, crypto, database, secret_files, tokens
from controlplane.settings import settings
from controlplane.tables import metadata
from tests.support import postgres

ROOT = Path(__file__).parents[2]
_CACHES = (
    settings,
    database.engine,
    database._sessions,
    broker.celery_app,
    crypto._master_key,
    tokens.digest_key,
    tokens._signing_key,
)


@contextmanager
def plane(run: str, worker: str, directory: Path) -> Iterator[None]:
    """Everything `controlplane` reads from its surroundings, for one worker of a test run."""
    surroundings = {
        "CONTROLPLANE_HOME": str(directory),
        "CONTROLPLANE_SECRETS_DIR": str(directory / "secrets"),
        # Nothing listens on port 1: hints are lost, and nothing may depend on them.
        "CONTROLPLANE_REDIS_URL": "redis://127.0.0.1:1/0",
    }
    with (
        _nothing_of_the_caller(),
        _environment(surroundings),
        postgres.server(run, _migrate) as server,
        postgres.database(server, f"plane_{worker}") as url,
        _environment({"CONTROLPLANE_DATABASE_URL": url}),
    ):
        secret_files.create_missing()
        yield
        database.engine().dispose()


@contextmanager
def isolated() -> Iterator[sessionmaker[Session]]:
    """Sessions on one connection; whatever they commit is gone afterwards."""
    with database.engine().connect() as connection:
        outer = connection.begin()
        yield sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        outer.rollback()


@contextmanager
def committing() -> Iterator[sessionmaker[Session]]:
    """Sessions as in production; the tables are emptied afterwards."""
    yield sessionmaker(database.engine(), expire_on_commit=False)
    names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
    with database.engine().begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
        connection.execute(text("INSERT INTO edge_sequence (single, value) VALUES (true, 0)"))


@contextmanager
def empty(name: str) -> Iterator[Config]:
    """The plane's database is one beside the usual, without a table; what `alembic` needs to change that."""
    usual = make_url(settings().database_url)
    directory = Path(str(usual.query["host"]))
    with postgres.blank(directory, name) as url, _environment({"CONTROLPLANE_DATABASE_URL": url}):
        yield Config(ROOT / "alembic.ini")
        database.engine().dispose()


def _migrate(url: str) -> None:
    with _environment({"CONTROLPLANE_DATABASE_URL": url}):
        command.upgrade(Config(ROOT / "alembic.ini"), "head")
        database.engine().dispose()


@contextmanager
def _nothing_of_the_caller() -> Iterator[None]:
    """Settings of whoever runs the tests do not reach them."""
    theirs = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("CONTROLPLANE_")}
    yield
    os.environ.update(theirs)


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    _forget()
    yield
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
    _forget()


def _forget() -> None:
    for cached in _CACHES:
        cached.cache_clear()

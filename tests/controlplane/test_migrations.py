"""The migrations give the tables that the models describe, and keep what is in those of the released version."""

import os
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from controlplane.core.database import engine
from controlplane.tables import metadata
from tests.support.database import ROOT, empty

RELEASED = "0004"
# What a constraint allows nothing else for.
_GIVEN: dict[tuple[str, str], Any] = {
    ("api_key", "role"): "full",
    ("domain", "join_mode"): "none",
    ("domain", "join_role"): "viewer",
    ("edge_sequence", "single"): True,
    ("environment", "desired"): "RUNNING",
    ("environment", "status"): "ACTIVE",
    ("invitation", "outcome"): "accepted",
    ("outbox_message", "status"): "sent",
    ("sso_connection", "kind"): "oidc",
}
_BY_TYPE: dict[type, Any] = {
    bool: False,
    int: 7,
    str: "x",
    bytes: b"x" * 32,
    datetime: datetime(2027, 1, 31, 12, tzinfo=UTC),
    object: {"a": ["b"]},
    list: ["b"],
}
Rows = dict[str, dict[str, Any]]


def test_models_and_migrations_agree() -> None:
    with engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_there_is_one_line_of_migrations() -> None:
    script = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))
    assert len(script.get_heads()) == 1
    assert [revision.revision for revision in script.walk_revisions()][-1] == "0001"


def test_an_upgrade_from_the_released_version_and_the_way_back_keep_every_row() -> None:
    with empty(f"upgraded_{os.getpid()}") as config:
        command.upgrade(config, RELEASED)
        filled = _fill()
        command.upgrade(config, "head")
        with engine().connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert _lost(filled) == []
        _add_what_is_new(filled["environment"]["environment_id"])
        command.downgrade(config, RELEASED)
        assert _lost(filled) == []
        assert _unreadable() == []
        command.upgrade(config, "head")
        assert _lost(filled) == []


def _add_what_is_new(environment_id: str) -> None:
    """Rows with words that the released version does not know."""
    with engine().begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO log_line (environment_id, sequence, at, level, source, line) "
                "VALUES (:id, 8, now(), 'WARN', 'edge', 'four'), (:id, 9, now(), 'WARN', 'edge', 'four')"
            ),
            {"id": environment_id},
        )
        connection.execute(sa.text("UPDATE log_stream SET kept_lines = 9, kept_bytes = 15, kept_edge_lines = 2"))
        connection.execute(
            sa.text(
                "INSERT INTO operation SELECT 'op_new', account_id, environment_id, 'environment.pause', generation, "
                "status, steps, error, created_at, ended_at FROM operation"
            )
        )


def _unreadable() -> list[str]:
    with engine().connect() as connection:
        kept = connection.execute(sa.text("SELECT kept_lines, kept_bytes FROM log_stream")).one()
        assert tuple(kept) == (7, 7)
        found = "SELECT kind FROM operation WHERE kind <> 'x' UNION SELECT source FROM log_line WHERE source <> 'x'"
        return list(connection.scalars(sa.text(found)))


def _fill() -> Rows:
    """A row in every table that has none, each column with a value."""
    tables, filled = sa.MetaData(), Rows()
    with engine().begin() as connection:
        tables.reflect(connection)
        for table in tables.sorted_tables:
            if (
                table.name != "alembic_version"
                and connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0
            ):
                given = (column for column in table.columns if column.identity is None)
                filled[table.name] = {column.name: _value(column, filled) for column in given}
                connection.execute(table.insert(), filled[table.name])
    return filled


def _value(column: sa.Column[Any], filled: Rows) -> Any:
    for key in column.foreign_keys:
        return filled[key.column.table.name][key.column.name]
    return _GIVEN.get((column.table.name, column.name), _BY_TYPE[column.type.python_type])


def _lost(filled: Rows) -> list[str]:
    """Tables in which a row is not as it was; new columns aside."""
    tables = sa.MetaData()
    with engine().connect() as connection:
        tables.reflect(connection)
        found = {name: connection.execute(sa.select(tables.tables[name])).mappings().all() for name in filled}
    return [name for name, row in filled.items() if not any(row.items() <= dict(one).items() for one in found[name])]

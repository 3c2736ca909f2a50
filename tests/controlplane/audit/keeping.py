"""Rows to archive, and the commands that do it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from controlplane import audit
from controlplane.audit import tasks
from controlplane.audit.commands import app
from controlplane.core.database import transaction

ACCOUNT = "acc_a"


def record(rows: int, account_id: str | None = ACCOUNT) -> None:
    """So many rows and a checkpoint behind them, where one is taken for each row."""
    for number in range(rows):
        with transaction() as own:
            audit.record(own, None, "thing.do", f"thing{number}", account_id, {"text": "ü\n", "n": number})
    tasks.sign_chains()


def run(*arguments: str, status: int = 0, given: str | None = None) -> str:
    result = CliRunner().invoke(app, arguments, input=given)
    assert result.exit_code == status, result.output
    return result.output


def archive(directory: Path, status: int = 0, before: str = "0s") -> str:
    return run("archive", "--account", ACCOUNT, "--before", before, "--to", str(directory), status=status)


def restore(file: Path, status: int = 0) -> str:
    tasks.sign_chains()
    return run("restore", str(file), status=status)


def rows(session: Session) -> list[int]:
    found = session.execute(
        text("SELECT sequence FROM audit_event WHERE account_id = :a ORDER BY sequence"), {"a": ACCOUNT}
    )
    return list(found.scalars())


def everything(session: Session) -> list[tuple[object, ...]]:
    query = "SELECT to_jsonb(audit_event) - 'number' FROM audit_event WHERE account_id = :a ORDER BY sequence"
    return [tuple(row) for row in session.execute(text(query), {"a": ACCOUNT})]

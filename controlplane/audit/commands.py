"""`controlplane audit …`: whether what was recorded is still what was recorded."""

import json
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

import typer

from controlplane.audit import exporting, files, keys, repository, verification
from controlplane.audit.canonical import PLANE
from controlplane.audit.verification import Verdict
from controlplane.core.database import transaction

app = typer.Typer(no_args_is_help=True, help="The record of every change: verify it, export it.")


class Output(StrEnum):
    TEXT = "text"
    JSON = "json"


Account = Annotated[str | None, typer.Option(help="its id, or `plane` for what belongs to no account")]


@app.command("verify")
def verify(
    account: Account = None,
    from_file: Annotated[Path | None, typer.Option(help="an export instead of the database; - for stdin")] = None,
    public_key: Annotated[
        list[str] | None, typer.Option(help="with --from-file: trust this key and not those in the file")
    ] = None,
    output: Annotated[Output, typer.Option(help="json: one object a chain")] = Output.TEXT,
) -> None:
    """Recompute every row; name the first of each chain that is not as it was sealed, ending with 1 if there is one."""
    verdicts = _of_file(from_file, public_key or []) if from_file else _of_database(account)
    intact = True
    for verdict in verdicts:
        intact = intact and verdict.finding is None
        typer.echo(_json(verdict) if output is Output.JSON else _sentence(verdict))
    raise typer.Exit(0 if intact else 1)


@app.command("export")
def export(
    account: Account = PLANE, after: Annotated[int, typer.Option(min=0, help="only rows behind this one")] = 0
) -> None:
    """Print a chain as JSON lines that `verify --from-file` and others can verify."""
    for line in exporting.lines(_account_id(account), after):
        sys.stdout.buffer.write(line)


def _of_database(account: str | None) -> Iterator[Verdict]:
    with transaction() as session:
        accounts = repository.accounts(session) if account is None else [_account_id(account)]
    for account_id in accounts:
        with transaction() as session:
            yield verification.verify(session, account_id)


def _of_file(path: Path, public_keys: list[str]) -> Iterator[Verdict]:
    try:
        pinned = [keys.read(key) for key in public_keys]
        with _opened(path) as lines:
            yield files.verify(lines, pinned)
    except keys.NoPublicKey as error:
        _end(f"{error} is no Ed25519 public key in Base64.")
    except (files.NoExport, OSError, UnicodeDecodeError) as error:
        _end(f"{path}: {error}")


def _opened(path: Path) -> AbstractContextManager[TextIO]:
    return nullcontext(sys.stdin) if path == Path("-") else path.open(encoding="utf-8")


def _account_id(account: str | None) -> str | None:
    return None if account == PLANE else account


def _end(message: str) -> None:
    typer.echo(f"✗ {message}", err=True)
    raise typer.Exit(2)


def _sentence(verdict: Verdict) -> str:
    name, finding = verdict.account_id or PLANE, verdict.finding
    if finding is None:
        return f"✓ {name}: {verdict.rows} rows, {verdict.signed} signed checkpoints{_unsigned(verdict)}"
    row = f" ({finding.audit_event_id})" if finding.audit_event_id else ""
    return f"✗ {name}: row {finding.sequence}{row} {finding.problem.value}: {finding.message}"


def _unsigned(verdict: Verdict) -> str:
    rows = verdict.sequence - verdict.signed_to
    return f"; the last {rows} not signed yet" if rows else ""


def _json(verdict: Verdict) -> str:
    return json.dumps(asdict(verdict) | {"hash": verdict.hash.hex(), "intact": verdict.finding is None})

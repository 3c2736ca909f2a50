"""`controlplane audit …`: whether what was recorded is still what was recorded."""

import json
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn, TextIO

import typer

from controlplane.audit import archiving, checkpoints, exporting, files, kept, keys, repository, verification
from controlplane.audit.canonical import PLANE
from controlplane.audit.verification import Verdict
from controlplane.core.database import transaction
from controlplane.core.moments import moment

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
        list[str] | None,
        typer.Option(help="trust this key, and not those in the file (--from-file) or database (--checkpoints)"),
    ] = None,
    kept_checkpoints: Annotated[
        Path | None,
        typer.Option(
            "--checkpoints", help="checkpoints kept elsewhere, which the database must agree with; - for stdin"
        ),
    ] = None,
    output: Annotated[Output, typer.Option(help="json: one object a chain")] = Output.TEXT,
) -> None:
    """Recompute every row; name the first of each chain that is not as it was sealed, ending with 1 if there is one."""
    if from_file and kept_checkpoints:
        _end("--checkpoints is held against the database: leave out --from-file.")
    agreed = _kept(kept_checkpoints, public_key or []) if kept_checkpoints else {}
    verdicts = _of_file(from_file, public_key or []) if from_file else _of_database(account, agreed)
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


@app.command("archive")
def archive(
    before: Annotated[str, typer.Option(help="400d, or a time: rows that were signed before it")],
    to: Annotated[Path, typer.Option(help="a directory, for one file a chain", file_okay=False, exists=True)],
    account: Account = None,
) -> None:
    """Take old rows into signed files that `verify --from-file` verifies, and out of the database."""
    try:
        until = moment(before)
    except ValueError as error:
        _end(f"--before: {error}")
    with transaction() as session:
        accounts = repository.accounts(session) if account is None else [_account_id(account)]
    broken = False
    for account_id in accounts:
        try:
            done = archiving.archive(account_id, until, to)
        except (archiving.NotArchived, OSError) as error:
            broken = True
            typer.echo(f"✗ {account_id or PLANE}: {error}", err=True)
        else:
            typer.echo(_archived(account_id, done))
    raise typer.Exit(1 if broken else 0)


@app.command("restore")
def restore(file: Annotated[Path, typer.Argument(help="what `archive` wrote last of a chain")]) -> None:
    """Put archived rows back into the database; the file stays."""
    try:
        done = archiving.restore(file)
    except (archiving.NotArchived, files.NoExport, OSError, UnicodeDecodeError) as error:
        _end(str(error))
    typer.echo(f"✓ {done.account_id or PLANE}: rows {done.first} to {done.last} are back")


def _archived(account_id: str | None, done: archiving.Archived | None) -> str:
    if done is None:
        return f"✓ {account_id or PLANE}: nothing so old is signed"
    return (
        f"✓ {account_id or PLANE}: rows {done.first} to {done.last} are in {done.path}. Keep it: they are nowhere else"
    )


def _of_database(account: str | None, agreed: kept.Kept) -> Iterator[Verdict]:
    with transaction() as session:
        every = sorted({*repository.accounts(session), *agreed}, key=lambda one: one or PLANE)
    for account_id in every if account is None else [_account_id(account)]:
        with transaction() as session:
            yield verification.verify(session, account_id, kept=agreed.get(account_id, ()))


def _kept(path: Path, public_keys: list[str]) -> kept.Kept:
    """Held against the given keys, or the plane's own."""
    try:
        trusted = [keys.read(key) for key in public_keys]
        with transaction() as session, _opened(path) as lines:
            return kept.read(lines, trusted or checkpoints.public_keys(session).values())
    except keys.NoPublicKey as error:
        _end(f"{error} is no Ed25519 public key in Base64.")
    except (kept.NoCheckpoints, OSError, UnicodeDecodeError) as error:
        _end(f"{path}: {error}")


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


def _end(message: str) -> NoReturn:
    typer.echo(f"✗ {message}", err=True)
    raise typer.Exit(2)


def _sentence(verdict: Verdict) -> str:
    name, finding = verdict.account_id or PLANE, verdict.finding
    if finding is None:
        archived = f"; rows up to {verdict.archived} are archived" if verdict.archived else ""
        return f"✓ {name}: {verdict.rows} rows, {verdict.signed} signed checkpoints{_unsigned(verdict)}{archived}"
    row = f" ({finding.audit_event_id})" if finding.audit_event_id else ""
    return f"✗ {name}: row {finding.sequence}{row} {finding.problem.value}: {finding.message}"


def _unsigned(verdict: Verdict) -> str:
    rows = verdict.sequence - verdict.signed_to
    return f"; the last {rows} not signed yet" if rows else ""


def _json(verdict: Verdict) -> str:
    return json.dumps(asdict(verdict) | {"hash": verdict.hash.hex(), "intact": verdict.finding is None})

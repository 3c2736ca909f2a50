"""audit …: who changed what in an account, and whether that record is still what was recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from rcloud.api import at, lines
from rcloud.chain import Chain
from rcloud.cloud import Cloud
from rcloud.command import command, group
from rcloud.errors import Usage
from rcloud.output import Columns, time_of
from rcloud.text import moment

app = group("The record of every change in an account, and in its environments' engines.")
COLUMNS: Columns = {
    "AT": time_of("at"),
    "ACTOR": "actor",
    "ACTION": "action",
    "TARGET": "target",
    "RESULT": "result",
    "ADDRESS": "address",
    "WITH": "credential",
}


@command(app, "list")
def list_events(
    cloud: Cloud,
    action: Annotated[str | None, typer.Option(help="such as member.invite, or member.* for all of a noun")] = None,
    actor: Annotated[str | None, typer.Option(help="id of a user or API key, or system")] = None,
    target: Annotated[str | None, typer.Option(help="id of what was changed, an environment, say")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="such as 15m, or 2026-01-31T12:00:00Z")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="the same")] = None,
    text: Annotated[str | None, typer.Option(help="only rows with this text")] = None,
    limit: Annotated[int, typer.Option(min=1, help="at most so many")] = 50,
) -> None:
    """The newest changes first."""
    now = datetime.now(UTC)
    given = {
        "action": action,
        "actor": actor,
        "target": target,
        "since": moment(since, now) if since else None,
        "until": moment(until, now) if until else None,
        "text": text,
    }
    query = {name: value for name, value in given.items() if value is not None}
    found = list(islice(cloud.api.each(_path(cloud), **query), limit))
    cloud.out.items(found, COLUMNS, "Nothing that was recorded is like that.")


@command(app, "export")
def export(
    cloud: Cloud,
    after: Annotated[int, typer.Option(min=0, help="only rows behind this one")] = 0,
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="instead of stdout")] = None,
) -> None:
    """All rows as JSON lines, oldest first, with what is needed to verify them anywhere."""
    with _exported(cloud, after) as given, to.open("w", encoding="utf-8") if to else nullcontext() as file:
        for line in given:
            if file is None:
                cloud.out.plain(line)
            else:
                file.write(line + "\n")


@command(app, "verify")
def verify(
    cloud: Cloud,
    from_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="an export; else the plane is asked for one"),
    ] = None,
    public_key: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="trust checkpoints signed with this key only")
    ] = None,
) -> None:
    """Recompute every row on this machine, and name the first that is not as it was sealed."""
    chain = Chain(public_key or ())
    if from_file:
        try:
            chain.take_all(from_file.read_text(encoding="utf-8", errors="replace").split("\n")[:-1])
        except OSError as error:
            raise Usage(
                f"{from_file} cannot be read: {error.strerror}.", "Name a file of `rcloud audit export`."
            ) from error
    else:
        with _exported(cloud, 0) as given:
            chain.take_all(given)
    unsigned = chain.sequence - chain.signed_to
    verdict = {
        "accountId": chain.account_id,
        "intact": True,
        "rows": chain.rows,
        "checkpoints": chain.signed,
        "unsignedRows": unsigned,
    }
    behind = f"; the last {unsigned} are not signed yet" if unsigned else ""
    told = f"{chain.rows} rows are as they were sealed, with {chain.signed} signed checkpoints{behind}."
    cloud.out.done(verdict, told)


def _path(cloud: Cloud) -> str:
    return at("accounts", cloud.find.account()["accountId"], "audit-events")


@contextmanager
def _exported(cloud: Cloud, after: int) -> Iterator[Iterator[str]]:
    with cloud.api.stream(f"{_path(cloud)}/export", "application/x-ndjson", {"after": after}) as answer:
        yield lines(answer)

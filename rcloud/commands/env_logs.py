"""env logs: the engine's log, as it was or as it comes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from rcloud import completion
from rcloud.cloud import Cloud
from rcloud.text import clean, moment


def logs(
    cloud: Cloud,
    env: Annotated[
        str, typer.Argument(metavar="ENV", help="name, id or ACCOUNT/ENV", autocompletion=completion.environments)
    ],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on as lines come, until Ctrl-C")] = False,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="such as 15m, or 2026-01-31T12:00:00Z")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="the same")] = None,
    level: Annotated[str | None, typer.Option(help="this level and worse: debug, info, warn, error")] = None,
    text: Annotated[str | None, typer.Option(help="only lines with this text")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="at most so many lines")] = None,
) -> None:
    """The engine's log. With --output json each line is a JSON object of its own (NDJSON)."""
    environment = cloud.find.environment(env)
    now = datetime.now(UTC)
    given = {
        "since": moment(since, now) if since else None,
        "until": moment(until, now) if until else None,
        "level": level,
        "text": text,
        "limit": limit,
        "follow": "true" if follow else None,
    }
    query = {name: value for name, value in given.items() if value is not None}
    accept = "text/event-stream" if follow else "application/x-ndjson"
    with cloud.api.stream(f"{cloud.find.path(environment)}/logs", accept, **query) as answer:
        for entry in _entries(answer.iter_lines(), follow):
            cloud.out.plain(json.dumps(entry) if cloud.out.json else _line(entry))


def _entries(lines: Iterable[str], events: bool) -> Iterator[dict[str, Any]]:
    """JSON lines, or the data of server-sent events (one line each; comments keep the connection open)."""
    for line in lines:
        content = line.removeprefix("data:").strip() if events and line.startswith("data:") else line
        if not content.strip() or (events and not line.startswith("data:")):
            continue
        entry = json.loads(content)
        if isinstance(entry, dict):
            yield entry


def _line(entry: dict[str, Any]) -> str:
    level = str(entry.get("level") or "").upper()
    return clean(f"{entry.get('at', '')} {level:<5} {entry.get('line', '')}")

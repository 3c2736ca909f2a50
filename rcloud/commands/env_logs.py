"""env logs: what engine and edge log, as it was or as it comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from rcloud import events, refusals
from rcloud.api import lines
from rcloud.cloud import Cloud
from rcloud.commands.arguments import Env
from rcloud.errors import Failure, NotLoggedIn
from rcloud.text import clean, moment

_IN_MESSAGE = ("status", "method", "path", "reason")
"""Of a line of the edge."""


def logs(
    cloud: Cloud,
    env: Env,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on as lines come, until Ctrl-C")] = False,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="such as 15m, or 2026-01-31T12:00:00Z")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="the same")] = None,
    level: Annotated[str | None, typer.Option(help="this level and worse: trace, debug, info, warn, error")] = None,
    text: Annotated[str | None, typer.Option(help="only lines with this text")] = None,
    source: Annotated[str | None, typer.Option(help="only lines of: engine, edge, node")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="at most so many lines")] = None,
) -> None:
    """The log of the engine and of the edge before it. With --output json each line is a JSON object (NDJSON)."""
    environment = cloud.find.environment(env)
    now = datetime.now(UTC)
    given = {
        "since": moment(since, now) if since else None,
        "until": moment(until, now) if until else None,
        "level": level,
        "text": text,
        "source": source,
        "limit": limit,
        "follow": "true" if follow else None,
    }
    query = {name: value for name, value in given.items() if value is not None}
    path = f"{cloud.find.path(environment)}/logs"
    for entry in _followed(cloud, path, query) if follow else _window(cloud, path, query):
        cloud.out.plain(json.dumps(entry) if cloud.out.json else _line(entry))


def _window(cloud: Cloud, path: str, query: dict[str, str | int]) -> Iterator[dict[str, Any]]:
    with cloud.api.stream(path, "application/x-ndjson", query) as answer:
        for line in lines(answer):
            if line:
                yield _entry(cloud, line)


def _followed(cloud: Cloud, path: str, query: dict[str, str | int]) -> Iterator[dict[str, Any]]:
    for event in events.followed(cloud.api, path, query):
        entry = _entry(cloud, event.data)
        if event.kind == "end":
            raise _ended(entry, cloud.target.login_advice)
        yield entry


def _entry(cloud: Cloud, text: str) -> dict[str, Any]:
    try:
        entry = json.loads(text)
    except ValueError:
        entry = None
    if not isinstance(entry, dict):
        raise refusals.not_a_plane(cloud.target.url)
    return entry


def _ended(end: dict[str, Any], login_advice: str) -> Failure:
    """Why the plane shows no more of this log."""
    message, code = str(end.get("message", "The plane ended the log.")), str(end.get("code", ""))
    if code == "unauthenticated":
        return NotLoggedIn(message, login_advice, code=code)
    return Failure(message, code=code)


def _line(entry: dict[str, Any]) -> str:
    level = str(entry.get("level") or "").upper()
    return clean(f"{entry.get('at', '')} {level:<5} {_said(str(entry.get('line', '')))}")


def _said(line: str) -> str:
    """Message and fields of a line that the engine wrote as JSON; any other line as it is."""
    try:
        content = json.loads(line)
        fields = dict(content["fields"])
        words = [f"{content['target']}:", str(fields.pop("message"))]
        if content["target"] == "edge":
            fields = {name: value for name, value in fields.items() if name not in _IN_MESSAGE}
    except (ValueError, TypeError, KeyError):
        return line
    return " ".join(words + [f"{name}={value}" for name, value in fields.items()])

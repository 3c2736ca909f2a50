"""env limits …, env throttling, env read-only: what the edge lets an environment take, and whom it refused."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from rcloud.cloud import Cloud
from rcloud.command import command, group
from rcloud.commands.arguments import Env
from rcloud.errors import Usage
from rcloud.output import Columns, time_of

app = group("What the edge lets an environment take.")

WORDS = {
    "requestsPerSecond": "requests per second",
    "requestsInFlight": "requests in flight",
    "requestSizeLimitBytes": "bytes of a request body",
    "querySeconds": "seconds of a SQL query",
}
COLUMNS: Columns = {"LIMIT": "words", "NOW": "now", "CEILING": "ceiling"}
THROTTLED: Columns = {
    "HOUR": time_of("hour"),
    "LIMIT": "limit",
    "WHO": lambda item: item["principal"] or "(others)",
    "REQUESTS": "requests",
}
_OWN = "0: as much as the operator allows"
PerSecond = Annotated[int | None, typer.Option("--requests-per-second", min=0, help=_OWN)]
InFlight = Annotated[int | None, typer.Option("--requests-in-flight", min=0, help=_OWN)]
Bytes = Annotated[int | None, typer.Option("--request-size-limit-bytes", min=0, help=_OWN)]
Seconds = Annotated[int | None, typer.Option("--query-seconds", min=0, help=_OWN)]


class Switch(StrEnum):
    ON = "on"
    OFF = "off"


@command(app, "show")
def show(cloud: Cloud, env: Env) -> None:
    """The limits that hold, and the operator's ceilings."""
    _show(cloud, cloud.api.get(f"{cloud.find.path(cloud.find.environment(env))}/limits"))


@command(app, "set")
def set_limits(
    cloud: Cloud,
    env: Env,
    requests_per_second: PerSecond = None,
    requests_in_flight: InFlight = None,
    request_size_limit_bytes: Bytes = None,
    query_seconds: Seconds = None,
) -> None:
    """Choose limits below the operator's ceilings. Another size of bodies restarts the engine, gently."""
    given = (requests_per_second, requests_in_flight, request_size_limit_bytes, query_seconds)
    body = {name: value or None for name, value in zip(WORDS, given, strict=True) if value is not None}
    if not body:
        raise Usage("Say which limit, for example: rcloud env limits set ENV --requests-per-second 100")
    _show(cloud, cloud.api.change("PATCH", f"{cloud.find.path(cloud.find.environment(env))}/limits", body))


def throttling(cloud: Cloud, env: Env) -> None:
    """Who was throttled in the last 24 hours: requests that the edge refused, by hour, limit and who asked."""
    found = cloud.find.environment(env)
    items = cloud.api.get(f"{cloud.find.path(found)}/throttling")["items"]
    cloud.out.items(items, THROTTLED, f"Nobody was throttled at {found['name']} in the last 24 hours.")


def read_only(
    cloud: Cloud, env: Env, switch: Annotated[Switch, typer.Argument(metavar="SWITCH", help="on or off")]
) -> None:
    """Let nobody change an environment by its admin API, whoever they are; calls of its services go on."""
    found = cloud.find.environment(env)
    changed = cloud.api.change("PATCH", cloud.find.path(found), {"readOnly": switch is Switch.ON})
    word = "read-only now" if changed["readOnly"] else "no longer read-only"
    cloud.out.done(changed, f"Environment {found['name']} is {word}.")


def _show(cloud: Cloud, found: dict[str, Any]) -> None:
    if cloud.out.json:
        cloud.out.document(found)
        return
    rows = [
        {
            "words": words,
            "now": found["limits"][name] or "no limit",
            "ceiling": found["ceilings"][name] or "no limit",
        }
        for name, words in WORDS.items()
    ]
    cloud.out.items(rows, COLUMNS, "")

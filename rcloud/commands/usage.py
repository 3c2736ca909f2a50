"""usage: what environments did, by the day for an account, or over time for one environment."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from rcloud import completion
from rcloud.api import at, lines
from rcloud.cloud import Cloud
from rcloud.errors import Usage
from rcloud.output import Columns, Row, time_of
from rcloud.text import moment


class Form(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class Step(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


def _milliseconds(name: str) -> Any:  # noqa: ANN401 - as `Columns` has it
    return lambda item: "–" if item[name] is None else f"{item[name]:.1f} ms"


def _hours(item: Row) -> str:
    return f"{item['engineSeconds'] / 3600:.2f} h"


def _mebibytes(item: Row) -> str:
    return "–" if item["storageBytes"] is None else f"{item['storageBytes'] / 2**20:.1f} MiB"


FIGURES: Columns = {
    "REQUESTS": "requests",
    "ERRORS": "errors",
    "P50": _milliseconds("p50Ms"),
    "P99": _milliseconds("p99Ms"),
    "INVOCATIONS": "invocations",
    "ENGINE": _hours,
    "STORAGE": _mebibytes,
}
COLUMNS: Columns = {"AT": time_of("at"), **FIGURES}
OF_ACCOUNT: Columns = {
    "DAY": lambda item: item["at"][:10],
    "NAME": lambda item: f"{item['name']} (destroyed)" if item["destroyed"] else item["name"],
    **FIGURES,
}
_TIME = "such as 2h, 7d, or 2026-01-31T12:00:00Z"


def usage(
    cloud: Cloud,
    env: Annotated[
        str | None,
        typer.Option(metavar="ENV", help="only this environment, by --step", autocompletion=completion.environments),
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help=_TIME)] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="the same")] = None,
    month: Annotated[
        str | None, typer.Option(metavar="MONTH", help="of all environments, such as 2026-01; else the current one")
    ] = None,
    step: Annotated[Step | None, typer.Option(help="of one environment; an hour when absent")] = None,
    output: Annotated[Form | None, typer.Option("--output", "-o", help="table, the API's JSON, or CSV")] = None,
) -> None:
    """What environments did: requests, latency, invocations, how long engines ran, storage."""
    if env is None and step is not None:
        raise Usage("--step is for one environment.", "Name it: rcloud usage --env dev --step minute")
    if month is not None and (env or since or until):
        raise Usage("--month is for all environments of an account.", "Use --since and --until, or --month alone.")
    now = datetime.now(UTC)
    given = {
        "since": moment(since, now) if since else None,
        "until": moment(until, now) if until else None,
        "month": month,
        "step": (step or Step.HOUR).value if env else None,
    }
    query = {name: value for name, value in given.items() if value is not None}
    _show(cloud, _path(cloud, env), query, OF_ACCOUNT if env is None else COLUMNS, output)


def _path(cloud: Cloud, env: str | None) -> str:
    if env is None:
        return at("accounts", cloud.find.account()["accountId"], "usage")
    return f"{cloud.find.path(cloud.find.environment(env))}/usage"


def _show(cloud: Cloud, path: str, query: dict[str, str], columns: Columns, output: Form | None) -> None:
    if output is Form.CSV:
        with cloud.api.stream(path, "text/csv", query) as answer:
            for line in lines(answer):
                cloud.out.plain(line)
        return
    found = cloud.api.get(path, **query)
    if output is Form.JSON or (output is None and cloud.out.json):
        cloud.out.document(found)
    else:
        cloud.out.json = False
        cloud.out.items(found["items"], columns, "Nothing is known of that time: no engine ran.")

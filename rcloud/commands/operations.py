"""operations …: long changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from rcloud.api import at
from rcloud.cloud import Cloud
from rcloud.command import command, group
from rcloud.commands.arguments import Env
from rcloud.output import Columns, Row, time_of
from rcloud.text import short_time

app = group("Long changes and their steps.")
DETAILS: Columns = {
    "id": "operationId",
    "kind": "kind",
    "environment id": "environmentId",
    "status": "status",
    "error": "error",
    "created": time_of("createdAt"),
    "ended": time_of("endedAt"),
}

COLUMNS: Columns = {
    "ID": "operationId",
    "KIND": "kind",
    "STATUS": "status",
    "CREATED": time_of("createdAt"),
    "ENDED": time_of("endedAt"),
    "ERROR": "error",
}


@command(app, "list")
def list_operations(cloud: Cloud, env: Env) -> None:
    """The changes of an environment, newest first."""
    found = cloud.find.environment(env)
    changes = cloud.api.all(f"{cloud.find.path(found)}/operations")
    cloud.out.items(changes, COLUMNS, f"Environment {found['name']} has never been changed.")


@command(app, "show")
def show(cloud: Cloud, operation: Annotated[str, typer.Argument(metavar="OPERATION", help="its id")]) -> None:
    """How far an operation is, step by step."""
    found = cloud.api.get(at("operations", operation))
    steps = {f"step {number + 1}": _step(number) for number in range(len(found["steps"]))}
    cloud.out.one(found, {**DETAILS, **steps})


def _step(number: int) -> Callable[[Row], str]:
    def shown(operation: Row) -> str:
        step = operation["steps"][number]
        return f"{step['status']:<9} {step['name'].replace('_', ' ')} {short_time(step['endedAt'])}"

    return shown

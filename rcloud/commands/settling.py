"""Waiting for a change of an environment, or not."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rcloud import follow
from rcloud.cloud import Cloud

Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="stay until it is done")]
Patience = Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=0, help="how long --wait waits")]


def settled(cloud: Cloud, changed: dict[str, Any], wait: bool, patience_seconds: float) -> dict[str, Any]:
    """The environment as it is once the change is done; as the change left it without waiting."""
    if not wait:
        return changed
    follow.operation(cloud.api, cloud.out, changed["operationId"], patience_seconds)
    now: dict[str, Any] = cloud.api.get(cloud.find.path(changed))
    return now | {"operationId": changed["operationId"]}

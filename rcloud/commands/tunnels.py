"""tunnels …: the ways to services in private networks."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from rcloud.cloud import Cloud
from rcloud.command import command, group
from rcloud.commands.arguments import Env
from rcloud.errors import Unreachable
from rcloud.output import Columns, Row, time_of
from rcloud.text import size

app = group("Tunnels: how an environment calls services in private networks.")
_PAUSE_SECONDS = 2.0


def _state(tunnel: Row) -> str:
    return "connected" if tunnel["connections"] else f"gone since {time_of('goneAt')(tunnel)}"


def _failure(tunnel: Row) -> str | None:
    return f"{time_of('lastFailureAt')(tunnel)} {tunnel['lastFailure']}" if tunnel["lastFailure"] else None


COLUMNS: Columns = {
    "NAME": "name",
    "STATE": _state,
    "CONNECTIONS": "connections",
    "SINCE": time_of("since"),
    "OPEN": "openRequests",
    "REQUESTS": "requests",
    "ERRORS": "errors",
    "TO SERVICE": lambda tunnel: size(tunnel["bytesToService"]),
    "FROM SERVICE": lambda tunnel: size(tunnel["bytesFromService"]),
    "LAST FAILURE": _failure,
}


@command(app, "list")
def list_tunnels(
    cloud: Cloud,
    env: Env,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="again at every change, until Ctrl-C")] = False,
) -> None:
    """Who is connected, what passed, what failed last. With --watch --output json one document a line."""
    environment = cloud.find.environment(env)
    path = f"{cloud.find.path(environment)}/tunnels"
    nothing = (
        f"No tunnel leads into {environment['name']}. How to open one: rcloud tunnels command {environment['name']}"
    )
    if not watch:
        cloud.out.items(cloud.api.get(path)["items"], COLUMNS, nothing)
        return
    for items in _changes(cloud, path):
        if cloud.out.json:
            cloud.out.plain(json.dumps({"items": items}))
        else:
            cloud.out.page.clear()
            cloud.out.items(items, COLUMNS, nothing)


@command(app, "command")
def show_command(
    cloud: Cloud,
    env: Env,
    name: Annotated[str, typer.Option("--name", "-n", help="the tunnel's: letters, digits, - and _")] = "laptop",
    port: Annotated[int, typer.Option("--port", "-p", min=1, max=65535, help="where your service listens")] = 9080,
    background: Annotated[
        bool, typer.Option("--background", help="without a terminal, as a service on Linux: it draws nothing")
    ] = False,
) -> None:
    """What to run beside the service, with the stock CLI: open a tunnel, and register the service through it."""
    use = f"rcloud env use {cloud.find.environment(env)['environmentId']}"
    versions = _commands(shlex.quote(name), port, background)
    if cloud.out.json:
        cloud.out.document({"use": use, "commands": versions})
        return
    cloud.out.plain(use)
    for version, lines in versions.items():
        for line in (f"# restate {version}", *lines):
            cloud.out.plain(line)


def _commands(name: str, port: int, background: bool) -> dict[str, list[str]]:
    opened = f"restate cloud env tunnel --tunnel-name {name}"
    older = f"{opened} --local-port {port}"
    if background:
        opened, older = map(_in_background, (opened, older))
    registered = "restate deployments register"
    return {
        "1.6 and later, which dial relays by HTTPS only": [
            opened,
            f"{registered} --tunnel-name {name} http://localhost:{port}",
        ],
        "1.5": [older, f"{registered} tunnel://…  # the address that the tunnel shows"],
    }


def _in_background(line: str) -> str:
    """On a terminal of its own: without one the CLI starts two programs for each call, and drawing takes long, too."""
    return f"script -qec {shlex.quote(f'exec {line} >/dev/null')} /dev/null"


def _changes(cloud: Cloud, path: str) -> Iterator[list[dict[str, Any]]]:
    seen: list[dict[str, Any]] | None = None
    reached = True
    while True:
        try:
            items: list[dict[str, Any]] = cloud.api.get(path)["items"]
            reached = True
        except Unreachable as error:
            # Tunnels go on without the control plane, so whoever watches them goes on, too.
            if reached:
                cloud.out.note(f"{error.message} Trying on.")
            reached = False
        else:
            if items != seen:
                yield items
            seen = items
        time.sleep(_PAUSE_SECONDS)

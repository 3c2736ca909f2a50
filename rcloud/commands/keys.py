"""keys …: API keys of an environment."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from rcloud import completion, confirm
from rcloud.cloud import Cloud
from rcloud.command import command, group
from rcloud.commands.arguments import Env, Yes
from rcloud.output import Columns, time_of
from rcloud.restrictions import (
    Handlers,
    Methods,
    Networks,
    ObjectKeys,
    Rate,
    ReadOnly,
    Services,
    restrictions,
    shown,
)
from rcloud.roles import KeyRole
from rcloud.settings import Format
from rcloud.text import duration, stamp

app = group("API keys: how programs reach an environment.")
COLUMNS: Columns = {
    "ID": "keyId",
    "DESCRIPTION": "description",
    "ROLE": "role",
    "RESTRICTED TO": shown,
    "ENDS WITH": "lastFour",
    "CREATED": time_of("createdAt"),
    "EXPIRES": time_of("expiresAt"),
    "LAST USED": time_of("lastUsedAt"),
}


class KeyFormat(StrEnum):
    TABLE = "table"
    JSON = "json"
    ENV = "env"


@command(app, "create")
def create(
    cloud: Cloud,
    env: Env,
    role: Annotated[KeyRole, typer.Option("--role", help="what the key may do")] = KeyRole.FULL,
    expires_in: Annotated[
        str | None, typer.Option("--expires-in", metavar="DURATION", help="such as 12h or 90d; never when absent")
    ] = None,
    description: Annotated[str, typer.Option("--description", "-d", help="who uses it")] = "made with rcloud",
    service: Services = None,
    handler: Handlers = None,
    object_key: ObjectKeys = None,
    method: Methods = None,
    network: Networks = None,
    rate: Rate = None,
    read_only: ReadOnly = False,
    output: Annotated[
        KeyFormat | None, typer.Option("--output", "-o", help="table, json, or env: lines for a .env file")
    ] = None,
) -> None:
    """Create an API key. The key is printed once, alone on stdout, and can never be shown again."""
    environment = cloud.find.environment(env)
    body = {"description": description, "role": role.value} | restrictions(
        services=service,
        handlers=handler,
        objectKeys=object_key,
        methods=method,
        networks=network,
        requestsPerSecond=rate,
        readOnly=read_only,
    )
    if expires_in:
        body["expiresAt"] = stamp(datetime.now(UTC) + duration(expires_in))
    made = cloud.api.create(f"{cloud.find.path(environment)}/api-keys", body)
    wanted = output or (KeyFormat.JSON if cloud.flags.output is Format.JSON else KeyFormat.TABLE)
    _show(cloud, environment, made, wanted)


@command(app, "list")
def list_keys(cloud: Cloud, env: Env) -> None:
    """The environment's API keys; never a secret."""
    environment = cloud.find.environment(env)
    nothing = f"It has no API key. Create one: rcloud keys create {environment['name']}"
    cloud.out.items(cloud.find.keys(environment), COLUMNS, nothing)


@command(app, "revoke")
def revoke(
    cloud: Cloud,
    env: Env,
    key: Annotated[str, typer.Argument(metavar="KEY", help="id or description", autocompletion=completion.keys)],
    yes: Yes = False,
) -> None:
    """Revoke an API key for good. Calls with it are refused a moment later."""
    environment = cloud.find.environment(env)
    found = cloud.find.key(environment, key)
    confirm.agreed(f"Revoke API key {found['description']!r} ({found['keyId']})?", yes=yes)
    cloud.api.change("DELETE", f"{cloud.find.path(environment)}/api-keys/{found['keyId']}")
    cloud.out.done(found, f"Revoked {found['keyId']}.")


def _show(cloud: Cloud, environment: dict[str, Any], made: dict[str, Any], wanted: KeyFormat) -> None:
    if wanted is KeyFormat.JSON:
        cloud.out.document(made)
        return
    cloud.out.note(f"API key {made['keyId']} ({made['role']}) of environment {environment['name']}; shown only now:")
    if wanted is KeyFormat.TABLE:
        cloud.out.plain(made["secret"])
        return
    cloud.out.plain(f"RESTATE_INGRESS_URL={environment['ingressBaseUrl']}")
    cloud.out.plain(f"RESTATE_ADMIN_URL={environment['adminBaseUrl']}")
    cloud.out.plain(f"RESTATE_AUTH_TOKEN={made['secret']}")

"""env …: environments and their lives."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

import typer

from rcloud import confirm, follow
from rcloud.api import at
from rcloud.cloud import Cloud
from rcloud.command import command, group
from rcloud.commands import env_limits, env_logs, env_pause, env_upgrade, env_use
from rcloud.commands.arguments import Env, Yes
from rcloud.commands.settling import Patience, Wait, settled
from rcloud.errors import NotFound
from rcloud.output import Columns, time_of
from rcloud.text import short_time

app = group("Environments: each is an engine of its own.")
command(app, "use")(env_use.use)
command(app, "logs")(env_logs.logs)
command(app, "pause")(env_pause.pause)
command(app, "wake")(env_pause.wake)
command(app, "versions")(env_upgrade.versions)
command(app, "upgrade")(env_upgrade.upgrade)
command(app, "throttling")(env_limits.throttling)
command(app, "read-only")(env_limits.read_only)
app.add_typer(env_limits.app, name="limits")

COLUMNS: Columns = {
    "NAME": "name",
    "ID": "environmentId",
    "STATUS": "status",
    "INGRESS": "ingressBaseUrl",
    "ADMIN": "adminBaseUrl",
}
DETAILS: Columns = {
    "name": "name",
    "id": "environmentId",
    "account id": "accountId",
    "region": "region",
    "status": "status",
    "reason": "statusReason",
    "ingress": "ingressBaseUrl",
    "admin": "adminBaseUrl",
    "host": "host",
    "signing public key": "signingPublicKey",
    "engine": "engineVersion",
    "requests per second": lambda item: item.get("requestsPerSecond") or "no limit",
    "read-only": lambda item: "yes" if item.get("readOnly") else None,
    "created": time_of("createdAt"),
    "paused": time_of("pausedAt"),
    "deleted": time_of("deletedAt"),
    "destroyed": time_of("purgeAt"),
    "last change": "change",
}


@command(app, "create")
def create(
    cloud: Cloud,
    name: Annotated[str, typer.Argument(metavar="NAME", help="lower-case letters, digits and single hyphens")],
    region: Annotated[str | None, typer.Option("--region", help="the plane's own when absent")] = None,
    wait: Wait = True,
    timeout: Patience = 120,
) -> None:
    """Create an environment and wait until it is ready, mostly less than a second."""
    account = cloud.find.account()
    body = {"name": name} | ({"region": region} if region else {})
    made = cloud.api.create(at("accounts", account["accountId"], "environments"), body)
    shown = settled(cloud, made, wait, timeout)
    ready = "is ready" if wait else "is being created"
    cloud.out.done(
        shown,
        f"Environment {name} ({shown['environmentId']}) {ready}.\n"
        f"  ingress  {shown['ingressBaseUrl']}\n  admin    {shown['adminBaseUrl']}\n"
        f"Next: rcloud env use {name}, or rcloud keys create {name}",
    )


@command(app, "list")
def list_environments(
    cloud: Cloud,
    deleted: Annotated[bool, typer.Option("--deleted", help="also those that can still be restored")] = False,
) -> None:
    """The environments of the account."""
    account = cloud.find.account()
    found = [one for one in cloud.find.environments(account) if deleted or one["status"] != "DELETED"]
    cloud.out.items(found, COLUMNS, f"Account {account['name']} has no environment. Create one: rcloud env create NAME")


@command(app, "describe")
def describe(cloud: Cloud, env: Env) -> None:
    """Everything about an environment, its signing public key and its last change included."""
    found = cloud.find.environment(env)
    if cloud.out.json:
        cloud.out.document(found)
        return
    last: list[dict[str, Any]] = []
    with suppress(NotFound):  # a plane that is older than this command
        last = cloud.api.get(f"{cloud.find.path(found)}/operations", limit=1)["items"]
    cloud.out.one(found | {"change": _change(last[0]) if last else None}, DETAILS)


@command(app, "delete")
def delete(
    cloud: Cloud,
    env: Env,
    purge: Annotated[bool, typer.Option("--purge", help="destroy data and keys at once; cannot be undone")] = False,
    yes: Yes = False,
    wait: Wait = True,
    timeout: Patience = 120,
) -> None:
    """Delete an environment. Its data stays for some days, to be restored; with --purge it does not."""
    found = cloud.find.environment(env)
    confirm.typed(found["name"], _consequence(found, purge), yes=yes)
    changed = cloud.api.change("DELETE", cloud.find.path(found), purge=purge)
    if wait:
        follow.operation(cloud.api, cloud.out, changed["operationId"], timeout)
    undo = "Its data and keys are destroyed." if purge else f"Undo: rcloud env restore {found['environmentId']}"
    cloud.out.done(changed, f"Deleted environment {found['name']}. {undo}")


@command(app, "restore")
def restore(cloud: Cloud, env: Env, wait: Wait = True, timeout: Patience = 120) -> None:
    """Bring a deleted environment back with its data, addresses, signing key and API keys."""
    found = cloud.find.environment(env)
    changed = cloud.api.change("POST", f"{cloud.find.path(found)}/restore")
    shown = settled(cloud, changed, wait, timeout)
    paused = f" It was paused, and still is. Next: rcloud env wake {found['name']}" if shown.get("pausedAt") else ""
    cloud.out.done(shown, f"Environment {found['name']} is {'back' if wait else 'coming back'}.{paused}")


def _change(operation: dict[str, Any]) -> str:
    parts = [operation["kind"].partition(".")[2], operation["status"], short_time(operation["createdAt"])]
    return " ".join([*parts, operation["operationId"], operation["error"] or ""]).strip()


def _consequence(environment: dict[str, Any], purge: bool) -> str:
    name = environment["name"]
    if purge:
        return f"Environment {name}, its data and its keys will be destroyed for good."
    return f"Calls to environment {name} will stop at once; it can be restored for some days."

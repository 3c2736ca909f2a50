"""identity-keys …: the key an environment's engine signs its calls with, and changing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from rcloud import confirm, follow
from rcloud.cloud import Cloud
from rcloud.command import command, group
from rcloud.commands.arguments import Env, Yes
from rcloud.errors import Failure
from rcloud.output import Columns, Row, time_of

app = group(
    "Identity keys: what your services know this environment's calls by. In order: next, check, switch, finish."
)
_PATIENCE_SECONDS = 120.0
COLUMNS: Columns = {
    "ID": "identityKeyId",
    "STATE": "state",
    "PUBLIC KEY": "publicKey",
    "CREATED": time_of("createdAt"),
    "ACTIVE SINCE": time_of("activatedAt"),
    "RETIRED": time_of("retiredAt"),
    "DESTROYED": time_of("destroyedAt"),
}


def _verdict(state: str) -> Callable[[Row], str | None]:
    def shown(deployment: Row) -> str | None:
        verdict = deployment["accepts"][state]
        if verdict is None:
            return None
        return "✓" if verdict["accepted"] else f"{'✗' if verdict['accepted'] is False else '?'} {verdict['message']}"

    return shown


CHECKS: Columns = {
    "ID": "deploymentId",
    "ADDRESS": "uri",
    "CURRENT": _verdict("current"),
    "NEXT": _verdict("next"),
    "PREVIOUS": _verdict("previous"),
    "CHECKED": time_of("checkedAt"),
    "LAST ACCEPTED": time_of("lastAcceptedAt"),
}
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="until the engine signs with it")]


@command(app, "list")
def list_keys(cloud: Cloud, env: Env) -> None:
    """The environment's identity keys, oldest first; never a private half."""
    cloud.out.items(cloud.api.all(_path(cloud, env)), COLUMNS, "It has none.")


@command(app, "next")
def publish(cloud: Cloud, env: Env) -> None:
    """Publish the next key; its public half is printed alone on stdout. Give it to your services beside the current."""
    made = cloud.api.create(_path(cloud, env), {})
    if cloud.out.json:
        cloud.out.document(made)
        return
    cloud.out.note("Give your services' SDKs both keys, the current one and this, and then: rcloud identity-keys check")
    cloud.out.plain(made["publicKey"])


@command(app, "check")
def check(
    cloud: Cloud,
    env: Env,
    last: Annotated[bool, typer.Option("--last", help="the results of last time; nobody is called")] = False,
) -> None:
    """Try each deployment with each key. It ends with 1 when one does not accept the next key."""
    path = f"{_path(cloud, env)}/check"
    found = (cloud.api.get(path) if last else cloud.api.change("POST", path))["items"]
    cloud.out.items(found, CHECKS, "The engine has no deployment." if not last else "Nothing has been tried yet.")
    if any(one["accepts"]["next"] and one["accepts"]["next"]["accepted"] is not True for one in found):
        raise Failure("Not every deployment is known to accept the next key.", "A switch would be refused.")


@command(app, "switch")
def switch(
    cloud: Cloud,
    env: Env,
    force: Annotated[bool, typer.Option("--force", help="also when deployments do not accept the next key")] = False,
    wait: Wait = True,
    yes: Yes = False,
) -> None:
    """Sign with the next key: the engine is restarted, and no call is lost. Refused while a deployment rejects it."""
    path = _path(cloud, env)
    if force:
        confirm.agreed("Deployments that do not accept the next key will refuse every call. Switch?", yes=yes)
    _changed(cloud, cloud.api.change("POST", f"{path}/switch", {"force": force}), wait=wait)


@command(app, "rollback")
def roll_back(cloud: Cloud, env: Env, wait: Wait = True) -> None:
    """Sign with the previous key again; the other is the next key again."""
    _changed(cloud, cloud.api.change("POST", f"{_path(cloud, env)}/rollback"), wait=wait)


@command(app, "finish")
def finish(cloud: Cloud, env: Env, yes: Yes = False) -> None:
    """Destroy the previous key. There is no way back then."""
    path = _path(cloud, env)
    confirm.agreed("Destroy the previous key? Then there is no way back to it.", yes=yes)
    gone = cloud.api.change("POST", f"{path}/finish")
    cloud.out.done(gone, f"Destroyed {gone['publicKey']}; your services may forget it.")


@command(app, "delete")
def delete(
    cloud: Cloud, env: Env, key: Annotated[str, typer.Argument(metavar="KEY", help="id of the next key")]
) -> None:
    """Destroy the next key instead of switching to it."""
    path = _path(cloud, env)
    found = [one for one in cloud.api.all(path) if key in (one["identityKeyId"], one["publicKey"])]
    if not found:
        raise Failure(f"The environment has no identity key {key}.", f"See them: rcloud identity-keys list {env}")
    cloud.api.change("DELETE", f"{path}/{found[0]['identityKeyId']}")
    cloud.out.done(found[0], f"Destroyed {found[0]['publicKey']}.")


def _path(cloud: Cloud, env: str) -> str:
    return f"{cloud.find.path(cloud.find.environment(env))}/identity-keys"


def _changed(cloud: Cloud, change: dict[str, Any], *, wait: bool) -> None:
    if wait:
        follow.operation(cloud.api, cloud.out, change["operationId"], _PATIENCE_SECONDS)
    state = "signs" if wait else "will sign"
    cloud.out.done(change, f"The engine {state} with {change['signingPublicKey']}.")

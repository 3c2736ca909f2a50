"""env use: what `restate cloud env configure` does, without a terminal."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from rcloud import confirm, stock_config
from rcloud.cloud import Cloud
from rcloud.commands.arguments import Env
from rcloud.errors import Usage


def use(
    cloud: Cloud,
    env: Env,
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", help="the environment's name when absent")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="overwrite a profile of this name without asking")] = False,
) -> None:
    """Point the stock `restate` CLI at an environment: `restate whoami`, `restate services list` work at once."""
    found = cloud.find.environment(env)
    name = profile or found["name"]
    _check(name, found, yes)
    urls = {"ingress_base_url": found["ingressBaseUrl"], "admin_base_url": found["adminBaseUrl"]}
    stock_config.write_profile(name, urls, found["accountId"], found["environmentId"])
    stock_config.use_profile(name)
    _warn(cloud, name)
    cloud.out.done(
        {"profile": name, "environmentId": found["environmentId"], "config": str(stock_config.path())},
        f"The restate CLI now uses {found['name']} (profile {name} in {stock_config.path()}).\nNext: restate whoami",
    )


def _check(name: str, environment: dict[str, Any], yes: bool) -> None:
    """Never write a profile that means something else. Raises `Usage`, `Failure`."""
    if name in stock_config.RESERVED or not name or any(ord(character) < 0x20 for character in name):
        raise Usage(
            f"The restate CLI keeps the profile name {name!r} for itself.",
            f"Choose another: rcloud env use {environment['environmentId']} --profile my-{name.strip() or 'env'}",
        )
    present = stock_config.profile(name)
    cloud = present.get("cloud")
    known = cloud.get("environment_id") if isinstance(cloud, dict) else None
    if present and known != environment["environmentId"]:
        confirm.agreed(f"The restate CLI has another profile {name}. Overwrite it?", yes=yes)


def _warn(cloud: Cloud, name: str) -> None:
    stored_url, stored_token = stock_config.login()
    if not stored_token or stored_url != cloud.target.url:
        cloud.out.note(f"The restate CLI is not logged in here: rcloud login --url {cloud.target.url}", "yellow")
    named = os.environ.get("RESTATE_ENVIRONMENT")
    if named and named != name:
        cloud.out.note(f"RESTATE_ENVIRONMENT={named} beats this choice: unset it.", "yellow")

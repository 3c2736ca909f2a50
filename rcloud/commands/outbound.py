"""outbound …: what an environment may reach beside public addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from rcloud import additions, confirm
from rcloud.additions import Additions
from rcloud.cloud import Cloud
from rcloud.command import command, group
from rcloud.commands.arguments import Env, Yes
from rcloud.errors import NotFound
from rcloud.output import Columns, Row, time_of

app = group("What an environment may reach beside public addresses.")
_HELP = "networks such as 10.20.0.0/16, names such as db.corp.example or '*.corp.example'"
Places = Annotated[list[str], typer.Argument(metavar="PLACE...", help=_HELP)]


def _listed(*path: str) -> Callable[[Row], str]:
    def shown(policy: Row) -> str:
        found: Any = policy
        for name in path:
            found = found[name]
        return ", ".join(found) or "none"

    return shown


DETAILS: Columns = {
    "networks": _listed("networks"),
    "names": _listed("hosts"),
    "changed": time_of("updatedAt"),
    "changed by": "updatedBy",
    "networks everybody may reach": _listed("defaults", "networks"),
    "plain http": lambda policy: policy["defaults"]["plainHttp"],
    "networks you may allow": _listed("defaults", "grantableNetworks"),
}


@command(app, "show")
def show(cloud: Cloud, env: Env) -> None:
    """What is allowed for this environment, and what the operator of the plane allows everybody."""
    cloud.out.one(cloud.api.get(_path(cloud, cloud.find.environment(env))), DETAILS)


@command(app, "allow")
def allow(cloud: Cloud, env: Env, places: Places) -> None:
    """Allow networks and names, beside those that are allowed. What you may not allow, an operator of the plane may."""
    environment = cloud.find.environment(env)
    now = additions.of(cloud.api.get(_path(cloud, environment)))
    _put(cloud, environment, now | additions.parsed(places))


@command(app, "withdraw")
def withdraw(cloud: Cloud, env: Env, places: Places) -> None:
    """Take networks and names back that were allowed for this environment."""
    environment = cloud.find.environment(env)
    now, gone = additions.of(cloud.api.get(_path(cloud, environment))), additions.parsed(places)
    if unknown := sorted((gone - now).all):
        name = environment["name"]
        raise NotFound(f"{', '.join(unknown)} was not allowed for {name}.", f"See what is: rcloud outbound show {name}")
    _put(cloud, environment, now - gone)


@command(app, "set")
def set_places(
    cloud: Cloud,
    env: Env,
    places: Annotated[list[str] | None, typer.Argument(metavar="PLACE...", help=f"{_HELP}; none when absent")] = None,
    yes: Yes = False,
) -> None:
    """Allow exactly these networks and names, and no others."""
    environment = cloud.find.environment(env)
    now, wanted = additions.of(cloud.api.get(_path(cloud, environment))), additions.parsed(places or [])
    if gone := sorted((now - wanted).all):
        confirm.agreed(f"No longer allow {', '.join(gone)} for {environment['name']}?", yes=yes)
    _put(cloud, environment, wanted)


def _put(cloud: Cloud, environment: dict[str, Any], wanted: Additions) -> None:
    changed = cloud.api.change("PUT", _path(cloud, environment), wanted.body)
    shown = ", ".join(sorted(additions.of(changed).all)) or "nothing"
    cloud.out.done(changed, f"Beside public addresses, {environment['name']} may reach: {shown}.")


def _path(cloud: Cloud, environment: dict[str, Any]) -> str:
    return f"{cloud.find.path(environment)}/outbound-policy"

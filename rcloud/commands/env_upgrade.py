"""env versions, env upgrade: which engine an environment runs."""

from __future__ import annotations

from typing import Annotated

import typer

from rcloud import confirm
from rcloud.cloud import Cloud
from rcloud.commands.arguments import Env, Yes
from rcloud.commands.settling import Patience, Wait, settled
from rcloud.output import Columns

DETAILS: Columns = {
    "runs": "current",
    "may go to": lambda item: ", ".join(item["newer"]) or "nothing newer: its node has no such version",
}
Version = Annotated[str, typer.Argument(metavar="VERSION", help="one of those that rcloud env versions ENV names")]


def versions(cloud: Cloud, env: Env) -> None:
    """The engine version of an environment, and those it may be upgraded to."""
    found = cloud.find.environment(env)
    cloud.out.one(cloud.api.get(f"{cloud.find.path(found)}/versions"), DETAILS)


def upgrade(
    cloud: Cloud, env: Env, version: Version, yes: Yes = False, wait: Wait = True, timeout: Patience = 120
) -> None:
    """Restart the engine gently as a newer version; if that does not come up, the version before is started again."""
    found = cloud.find.environment(env)
    name, now = found["name"], found["engineVersion"]
    confirm.agreed(f"Upgrade the engine of {name} from {now} to {version}? There is no way back to {now}.", yes=yes)
    changed = cloud.api.change("POST", f"{cloud.find.path(found)}/upgrade", {"version": version})
    shown = settled(cloud, changed, wait, timeout)
    cloud.out.done(shown, f"Environment {name} {'runs' if wait else 'is going to'} {version}.")

"""apply: make an account what a file says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rcloud import confirm
from rcloud.apply import plan, wanted
from rcloud.apply.run import Run
from rcloud.cloud import Cloud
from rcloud.commands.arguments import Yes
from rcloud.errors import Usage
from rcloud.output import Columns

COLUMNS: Columns = {
    "DO": lambda item: {"create": "+", "change": "~", "delete": "-"}[item["action"]],
    "KIND": "kind",
    "ENVIRONMENT": "environment",
    "NAME": "name",
    "DETAIL": "detail",
}


def apply(
    cloud: Cloud,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="TOML: account, environments, their keys, members")],
    secrets_out: Annotated[
        Path | None, typer.Option("--secrets-out", metavar="FILE", help="where the secrets of new API keys go, 0600")
    ] = None,
    prune: Annotated[bool, typer.Option("--prune", help="also delete what the file does not name")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would be done")] = False,
    yes: Yes = False,
) -> None:
    """Make an account what a file says: show the changes, ask, make them. Running it again changes nothing."""
    goal = wanted.read(file)
    there = plan.present(cloud.api, cloud.find, goal)
    changes = plan.changes(goal, there, prune=prune)
    shown = [change.shown() for change in changes]
    if not cloud.out.json:
        cloud.out.items(shown, COLUMNS, f"Nothing to do: {goal.account} is as {file} says.")
    if cloud.out.json and changes and not (dry_run or yes):
        raise Usage("With --output json nobody sees what is asked.", "Add --yes, or --dry-run to see the changes.")
    if changes and not dry_run:
        confirm.agreed(f"Make these {len(changes)} changes?", yes=yes)
        Run(cloud, there, secrets_out).all(changes)
    if cloud.out.json:
        cloud.out.document({"changes": shown, "applied": bool(changes) and not dry_run})

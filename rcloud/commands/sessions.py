"""sessions …: where you are logged in."""

from __future__ import annotations

from typing import Annotated

import typer

from rcloud.api import at
from rcloud.cloud import Cloud
from rcloud.command import command, group
from rcloud.errors import Usage
from rcloud.output import Columns, time_of

app = group("Where you are logged in: browsers and programs.")
COLUMNS: Columns = {
    "ID": "sessionId",
    "KIND": "kind",
    "CLIENT": lambda item: item.get("client") or item.get("userAgent"),
    "METHOD": "method",
    "ADDRESS": "address",
    "LAST USED": time_of("lastUsedAt"),
    "EXPIRES": time_of("expiresAt"),
    "THIS ONE": "current",
}


@command(app, "list")
def list_sessions(cloud: Cloud) -> None:
    """Your sessions, this one included."""
    cloud.out.items(cloud.api.all(at("auth", "sessions")), COLUMNS, "You have no session.")


@command(app, "revoke")
def revoke(
    cloud: Cloud,
    session: Annotated[str | None, typer.Argument(metavar="SESSION", help="its id")] = None,
    others: Annotated[bool, typer.Option("--others", help="every program's but this one's")] = False,
) -> None:
    """End a session: its access tokens stop working at once. Browsers' sessions end in the browser only."""
    if (session is None) is not others:
        raise Usage("Say which session.", "Name one id from `rcloud sessions list`, or --others for all but this one.")
    ending = [session] if session else _other_programs(cloud)
    for one in ending:
        cloud.api.change("DELETE", at("auth", "sessions", one))
    ended = f"Ended {len(ending)} session{'' if len(ending) == 1 else 's'}."
    cloud.out.done({"items": [{"sessionId": one} for one in ending]}, ended)


def _other_programs(cloud: Cloud) -> list[str]:
    listed = cloud.api.all(at("auth", "sessions"))
    return [one["sessionId"] for one in listed if one["kind"] == "program" and not one["current"]]

"""ci …: what a CI job runs to reach its environment."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from rcloud import ci, refusals
from rcloud.cloud import Cloud
from rcloud.command import command, group
from rcloud.errors import Failure, Usage

app = group("What a CI job runs.")
_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
_TYPE = "urn:ietf:params:oauth:token-type:jwt"


class As(StrEnum):
    TOKEN = "token"  # noqa: S105 - a way of printing it
    ENV = "env"
    GITHUB = "github"
    JSON = "json"


@command(app, "exchange")
def exchange(
    cloud: Cloud,
    target: Annotated[str, typer.Argument(metavar="ID", help="id of the environment, or of one rule")],
    audience: Annotated[str | None, typer.Option("--audience", help="`aud` to ask for; usually known")] = None,
    variable: Annotated[str, typer.Option("--token-variable", help="where a token lies already")] = ci.VARIABLE,
    output: Annotated[
        As | None, typer.Option("--output", "-o", help="the token; env: lines to export; github: for the next steps")
    ] = None,
) -> None:
    """Exchange this job's token for a short access token, and print that."""
    wanted = audience or f"{cloud.target.url}/environments/{target}"
    if audience is None and not target.startswith("env_"):
        raise Usage("A rule's id does not say its audience.", "Add --audience, or name the environment by its id.")
    file = _github_file() if output is As.GITHUB else None
    token = ci.id_token(wanted, variable)
    form = {"grant_type": _GRANT, "subject_token": token, "subject_token_type": _TYPE, "audience": target}
    answer = cloud.anonymous.form("/oauth2/token", repeatable=True, **form)
    body = refusals.fields(answer)
    if not answer.is_success or not isinstance(body.get("access_token"), str):
        said = body.get("error_description") or f"HTTP status {answer.status_code}"
        passing = answer.status_code in (429, 502, 503, 504)
        hint = "Run the job again in a while." if passing else "Its claims and the rule have to agree."
        raise Failure(f"The token was not exchanged: {said}", hint)
    _print(cloud, body, output or (As.JSON if cloud.out.json else As.TOKEN), file)


def _print(cloud: Cloud, body: dict[str, Any], wanted: As, file: Path | None) -> None:
    lines = [
        f"RESTATE_INGRESS_URL={body['ingress_url']}",
        f"RESTATE_ADMIN_URL={body['admin_url']}",
        f"RESTATE_AUTH_TOKEN={body['access_token']}",
    ]
    if wanted is As.JSON:
        cloud.out.document(body)
    elif wanted is As.TOKEN:
        cloud.out.plain(body["access_token"])
    elif wanted is As.ENV:
        for line in lines:
            cloud.out.plain(line)
    elif file is not None:
        # Masked in the job's log first, then set for the steps that follow.
        cloud.out.plain(f"::add-mask::{body['access_token']}")
        with file.open("a") as opened:
            opened.write("".join(f"{line}\n" for line in lines))


def _github_file() -> Path:
    """Asked for first: a token is exchanged once, and should not be for nothing."""
    path = os.environ.get("GITHUB_ENV")
    if not path or not os.access(path if Path(path).exists() else Path(path).parent, os.W_OK):
        raise Usage(
            "GITHUB_ENV names no file that can be written: this is no job of GitHub Actions.",
            "Use --output env instead.",
        )
    return Path(path)

"""preflight: try a service before it is registered."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

import typer

from rcloud.cloud import Cloud
from rcloud.commands.arguments import Env
from rcloud.errors import Failure
from rcloud.output import Columns

COLUMNS: Columns = {"": lambda check: "✓" if check["ok"] else "✗", "CHECK": "name", "RESULT": "message"}


def preflight(
    cloud: Cloud,
    env: Env,
    target: Annotated[str, typer.Argument(metavar="TARGET", help="the service's URL, or a Lambda function's ARN")],
    tunnel_name: Annotated[
        str | None, typer.Option("--tunnel-name", metavar="NAME", help="call the URL through this tunnel")
    ] = None,
    use_http11: Annotated[bool, typer.Option("--use-http1.1", help="call the URL with HTTP/1.1")] = False,
    assume_role_arn: Annotated[
        str | None, typer.Option("--assume-role-arn", metavar="ARN", help="with a function: the invoker role")
    ] = None,
) -> None:
    """Make the engine's first call to a service and say what is wrong; nothing is registered. Ends with 1 if it failed.

    The options are those of `restate deployments register`.
    """
    body: dict[str, Any] = {"arn" if target.startswith("arn:") else "uri": target}
    body |= {"tunnelName": tunnel_name} if tunnel_name is not None else {}
    body |= {"assumeRoleArn": assume_role_arn} if assume_role_arn is not None else {}
    body |= {"useHttp11": True} if use_http11 else {}
    tried(cloud, env, target, body)


def tried(cloud: Cloud, env: str, target: str, body: dict[str, Any]) -> None:
    """Show the checks of one trial. Raises `Failure` when one failed."""
    found = cloud.api.change("POST", f"{cloud.find.path(cloud.find.environment(env))}/preflight", body)
    if cloud.out.json:
        cloud.out.document(found)
    else:
        cloud.out.items(found["checks"], COLUMNS, "Nothing was checked.")
    if not found["ok"]:
        raise Failure(f"{target} is not ready to be registered.", "Fix what is marked with ✗, then try again.")
    cloud.out.note(f"It can be registered: restate deployments register {_register(target, body)}")


def _register(target: str, body: dict[str, Any]) -> str:
    options = ["--tunnel-name", body["tunnelName"]] if "tunnelName" in body else []
    options += ["--use-http1.1"] if "useHttp11" in body else []
    options += ["--assume-role-arn", body["assumeRoleArn"]] if "assumeRoleArn" in body else []
    return shlex.join([*options, target])

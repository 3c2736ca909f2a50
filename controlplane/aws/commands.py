"""`controlplane aws …`: what an operator sets up in the plane's own AWS account."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from controlplane.aws import host_policy, principal
from controlplane.aws.errors import AwsPrincipalNotSet
from controlplane.settings import settings

app = typer.Typer(no_args_is_help=True, help="This plane's identity in AWS (docs/lambda.md).")


class Document(StrEnum):
    IDENTITY = "identity"
    TRUST = "trust"
    PERMISSIONS = "permissions"


@app.callback()
def _group() -> None:
    """Keeps the command's name, while it is the only one."""


@app.command("host-policy")
def host_policy_command(
    document: Annotated[
        Document,
        typer.Argument(
            help="identity: what nodes and control plane may do; trust, permissions: the role's two policies"
        ),
    ],
    identity: Annotated[
        list[str] | None,
        typer.Option("--identity", metavar="ARN", help="with trust: a node's or the control plane's identity"),
    ] = None,
) -> None:
    """Print an IAM policy document, ready for `aws iam …`."""
    try:
        us = principal.own()
    except AwsPrincipalNotSet as error:
        raise typer.BadParameter(error.message) from error
    if document is Document.TRUST and not identity:
        raise typer.BadParameter("Name who may assume the role: --identity <ARN>, once for each.")
    made = {
        Document.IDENTITY: lambda: host_policy.identity(us),
        Document.TRUST: lambda: host_policy.trust(identity or []),
        Document.PERMISSIONS: lambda: host_policy.permissions(us, settings().aws_own_account_role_path),
    }
    typer.echo(json.dumps(made[document](), indent=2))

"""The tree of commands."""

from __future__ import annotations

from typing import Annotated

import typer

from rcloud import __version__
from rcloud.command import Account, Output, Quiet, Token, Url, Verbose, command, common
from rcloud.commands import (
    accounts,
    apply,
    audit,
    ci,
    env,
    functions,
    identity_keys,
    invitations,
    keys,
    login,
    members,
    operations,
    outbound,
    preflight,
    sessions,
    shell,
    tunnels,
    usage,
    workload_identity,
)

EXIT_CODES = (
    "Exit codes: 0 done · 1 refused or failed · 2 wrong usage · 3 not logged in, or the login has ended · "
    "4 the plane cannot be reached · 5 not found · 6 conflict with what is there · 130 interrupted."
)
app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    ctx: typer.Context,
    output: Output = None,
    account: Account = None,
    url: Url = None,
    token: Token = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="print it")
    ] = False,
) -> None:
    """Your self-hosted Restate Cloud from the command line. Begin with: rcloud login --url https://your-plane"""
    ctx.obj = common(output, account, url, token, quiet, verbose)


login.add_to(app)
for name, noun in {
    "accounts": accounts.app,
    "env": env.app,
    "keys": keys.app,
    "workload-identity": workload_identity.app,
    "ci": ci.app,
    "members": members.app,
    "invitations": invitations.app,
    "sessions": sessions.app,
    "operations": operations.app,
    "audit": audit.app,
    "identity-keys": identity_keys.app,
    "tunnels": tunnels.app,
    "outbound": outbound.app,
    "lambda": functions.app,
}.items():
    app.add_typer(noun, name=name)
command(app, "usage")(usage.usage)
command(app, "preflight")(preflight.preflight)
command(app, "apply")(apply.apply)
command(app, "completion")(shell.completion)

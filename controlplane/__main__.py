"""Operator commands of the control plane."""

import gc

# Imports make hundreds of thousands of objects that stay: looking for garbage among them takes half of a start.
gc.disable()

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from alembic import command
from alembic.config import Config
from pydantic import ValidationError

from controlplane.audit import adopting
from controlplane.audit import commands as audit
from controlplane.aws import commands as aws
from controlplane.core.database import transaction
from controlplane.core.errors import ApplicationError
from controlplane.core.lazily import function
from controlplane.environments import limits
from controlplane.initialise import initialise
from controlplane.mail import printing
from controlplane.outbound_policy import commands as outbound
from controlplane.second_factors import service as second_factors
from controlplane.settings import Settings, explained
from controlplane.sso import commands as sso
from controlplane.users import repository as user_queries
from controlplane.users import service as users

# Nor does the end of the process look at them again.
gc.freeze()
gc.enable()

app = typer.Typer(
    name="controlplane",
    help="Operate a self-hosted Restate Cloud.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
ROOT = Path(__file__).resolve().parent.parent


def _embedded(name: str, arguments: list[str]) -> None:
    os.execv(sys.executable, [sys.executable, "-m", "embedded", name, *arguments])  # noqa: S606 - meant: it takes over


_IN_AN_INSTALLATION = {
    "aws",
    "audit",
    "operator",
    "outbox",
    "reset-second-factors",
    "serve",
    "sso",
    "worker",
    "beat",
    "migrate",
    "init",
    "limit",
    "outbound",
    "doctor",
}
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command(context_settings=_PASSED_ON, add_help_option=False)
def up(context: typer.Context) -> None:
    """Start the whole plane on this machine (the same as script/up)."""
    _embedded("up", context.args)


@app.command(context_settings=_PASSED_ON, add_help_option=False)
def down(context: typer.Context) -> None:
    """Stop the plane of this home (the same as script/down)."""
    _embedded("down", context.args)


@app.command()
def serve() -> None:
    """Serve the public API and, on its own socket, the internal API."""
    function("serve:serve")()


@app.command()
def worker() -> None:
    """Run the background tasks."""
    function("worker:run_worker")()


@app.command()
def beat() -> None:
    """Send the sweeps on time. One per installation."""
    function("beat:run_beat")()


@app.command()
def migrate() -> None:
    """Bring the database to this version's tables."""
    command.upgrade(Config(ROOT / "alembic.ini"), "head")
    adopted = adopting.adopt()
    if adopted:
        typer.echo(f"✓ {adopted} audit events of an earlier version are in their accounts' chains now")


@app.command()
def init(capacity: Annotated[int, typer.Option(min=1, help="environments this machine may run")] = 100) -> None:
    """Create the installation's secrets and register this machine's runner. Safe to repeat."""
    initialise(capacity)


@app.command()
def limit(
    environment_id: str,
    requests_per_second: Annotated[int | None, typer.Option(min=0, max=9_999_999, help="0: no limit")] = None,
    requests_in_flight: Annotated[int | None, typer.Option(min=0, max=999_999, help="0: no limit")] = None,
    request_size_limit_bytes: Annotated[int | None, typer.Option(min=1024, max=64 * 1024 * 1024)] = None,
    query_seconds: Annotated[int | None, typer.Option(min=0, max=3600, help="0: only the node's own limit")] = None,
) -> None:
    """Set how much an environment may take at most; the edge follows at once, another size restarts the engine."""
    wanted = limits.Wanted(requests_per_second, requests_in_flight, request_size_limit_bytes, query_seconds)
    try:
        with transaction() as session:
            environment = limits.set_ceilings(session, environment_id, wanted)
    except ApplicationError as error:
        typer.echo(f"✗ {error.message}", err=True)
        raise typer.Exit(1) from error
    rate = environment.requests_per_second or "any number of"
    flight = environment.requests_in_flight or "any number"
    typer.echo(
        f"✓ {environment_id}: at most {rate} requests/s, {flight} at the same time, "
        f"bodies up to {environment.request_size_limit_bytes} bytes, queries of {environment.query_seconds} s"
    )


operators = typer.Typer(no_args_is_help=True, help="Who operates this plane: reads its outbox, sets up its providers.")
app.add_typer(operators, name="operator")
app.add_typer(sso.app, name="sso")
app.add_typer(aws.app, name="aws")
app.add_typer(outbound.app, name="outbound")
app.add_typer(audit.app, name="audit")
Email = Annotated[str, typer.Argument(help="e-mail address of a user")]


@operators.command("add")
def add_operator(email: Email) -> None:
    """Make a user an operator."""
    _set_operator(email, operator=True)


@operators.command("remove")
def remove_operator(email: Email) -> None:
    """Make an operator an ordinary user again."""
    _set_operator(email, operator=False)


@operators.command("list")
def list_operators() -> None:
    """Name the operators."""
    with transaction() as session:
        for user in user_queries.operators(session):
            typer.echo(user.email)


@app.command("reset-second-factors")
def reset_second_factors(email: Email) -> None:
    """Remove all second factors of a user who has lost them. Make sure that it is them who ask."""
    try:
        with transaction() as session:
            user = second_factors.reset(session, email.strip().lower())
    except ApplicationError as error:
        typer.echo(f"✗ {error.message}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"✓ {user.email} signs in without a second factor, and is told so by mail")


def _set_operator(email: str, *, operator: bool) -> None:
    try:
        with transaction() as session:
            user = users.set_operator(session, email.strip().lower(), operator=operator)
    except ApplicationError as error:
        typer.echo(f"✗ {error.message}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"✓ {user.email} is {'an operator' if operator else 'no operator'}")


@app.command()
def outbox(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="how many at most, the newest ones")] = 20,
    follow: Annotated[bool, typer.Option("--follow", help="go on with new ones until Ctrl-C")] = False,
    output: Annotated[printing.Output, typer.Option(help="json: one object a line")] = printing.Output.TEXT,
) -> None:
    """Print the plane's mail, oldest first: what was sent, what waits, and what stayed for lack of a transport."""
    printing.show(limit, follow=follow, output=output)


@app.command()
def openapi() -> None:
    """Print the description of the public API (OpenAPI 3.1); the console's types are made from it."""
    typer.echo(json.dumps(function("app:create_app")().openapi(), indent=1, ensure_ascii=False))


@app.command()
def doctor() -> None:
    """Check settings, secrets, database, queue and runners; say what to do about what is wrong."""
    raise typer.Exit(function("doctor:report")())


def _asks_an_installation(arguments: list[str]) -> bool:
    """Helps, and files that are verified wherever they have been taken, need none."""
    needs_none = {"--help"} if arguments[:2] != ["audit", "verify"] else {"--help", "--from-file"}
    words = {word.partition("=")[0] for word in arguments}
    return bool(arguments) and arguments[0] in _IN_AN_INSTALLATION and not words & needs_none


def main() -> None:
    """Without a database URL the command is meant for the embedded installation of this checkout."""
    if "CONTROLPLANE_DATABASE_URL" not in os.environ and _asks_an_installation(sys.argv[1:]):
        _embedded("operate", sys.argv[1:])
    try:
        app()
    except ValidationError as error:
        if error.title != Settings.__name__:
            raise
        raise SystemExit(f"✗ An environment variable is not right. {explained(error)}") from None


if __name__ == "__main__":
    main()

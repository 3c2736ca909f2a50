"""Operator commands of the control plane."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from alembic import command
from alembic.config import Config

from controlplane import doctor as checks
from controlplane import worker as celery
from controlplane.initialise import initialise
from controlplane.serve import serve as serve_api

app = typer.Typer(name="controlplane", help="Operate a self-hosted Restate Cloud.", no_args_is_help=True)
ROOT = Path(__file__).resolve().parent.parent


def _embedded(name: str, arguments: list[str]) -> None:
    os.execv(sys.executable, [sys.executable, "-m", "embedded", name, *arguments])  # noqa: S606 - meant: it takes over


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
    serve_api()


@app.command()
def worker() -> None:
    """Run the background tasks."""
    celery.run_worker()


@app.command()
def beat() -> None:
    """Send the sweeps on time. One per installation."""
    celery.run_beat()


@app.command()
def migrate() -> None:
    """Bring the database to this version's tables."""
    command.upgrade(Config(ROOT / "alembic.ini"), "head")


@app.command()
def init(capacity: Annotated[int, typer.Option(min=1, help="environments this machine may run")] = 100) -> None:
    """Create the installation's secrets and register this machine's runner. Safe to repeat."""
    initialise(capacity)


@app.command()
def doctor() -> None:
    """Check settings, secrets, database, queue and runners; say what to do about what is wrong."""
    raise typer.Exit(checks.report())


def main() -> None:
    app()


if __name__ == "__main__":
    main()

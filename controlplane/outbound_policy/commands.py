"""`controlplane outbound …`: what environments may reach, from the plane's host."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from pydantic import ValidationError

from controlplane.core.database import transaction
from controlplane.core.errors import ApplicationError
from controlplane.outbound_policy import repository, service
from controlplane.outbound_policy.schemas import OutboundAdditions, OutboundPolicyView
from controlplane.settings import settings

app = typer.Typer(no_args_is_help=True, help="What environments may reach: the defaults, and each one's additions.")
EnvironmentId = Annotated[str, typer.Argument(help="env_…")]
Additions = Annotated[
    list[str], typer.Argument(help="networks (10.20.0.0/16) and names (db.corp.example, *.corp.example)")
]


@app.command("show")
def show(environment_id: Annotated[str | None, typer.Argument(help="env_…; all of them when left out")] = None) -> None:
    """Print the defaults, with the variables that set them, and what was added to them."""
    if environment_id is None:
        _show_defaults()
        with transaction() as session:
            for row in repository.with_additions(session):
                typer.echo(f"{row.environment_id}  {_listed([*row.networks, *row.hosts])}")
        return
    with _explained(), transaction() as session:
        view = service.view_of_any(session, environment_id)
    _show(environment_id, view)


@app.command("allow")
def allow(environment_id: EnvironmentId, additions: Additions) -> None:
    """Let an environment reach these, too: registrations from now on, connections a moment later."""
    with _explained():
        _change(environment_id, additions, [])


@app.command("withdraw")
def withdraw(environment_id: EnvironmentId, additions: Additions) -> None:
    """Take back what was allowed. Where the kernel holds engines to it, open connections end."""
    with _explained():
        _change(environment_id, [], additions)


def _change(environment_id: str, added: list[str], removed: list[str]) -> None:
    more, less = _sorted_out(added), _sorted_out(removed)

    def change(before: OutboundAdditions) -> OutboundAdditions:
        strange = [text for text in [*less.networks, *less.hosts] if text not in [*before.networks, *before.hosts]]
        if strange:
            raise typer.BadParameter(f"{', '.join(strange)} is not among what was added: see `outbound show`")
        return OutboundAdditions(
            networks=[one for one in [*before.networks, *more.networks] if one not in less.networks],
            hosts=[one for one in [*before.hosts, *more.hosts] if one not in less.hosts],
        )

    with transaction() as session:
        view = service.change_any(session, environment_id, change)
    typer.echo(f"✓ {environment_id} may reach, beside the defaults: {_listed([*view.networks, *view.hosts])}")


def _sorted_out(texts: list[str]) -> OutboundAdditions:
    """A name has a letter behind its last dot, which no network has."""
    hosts = [text for text in texts if "/" not in text and text.rstrip(".").rpartition(".")[2][:1].isalpha()]
    return OutboundAdditions(networks=[text for text in texts if text not in hosts], hosts=hosts)


def _show_defaults() -> None:
    found, s = service.defaults(), settings()
    refused = [str(one) for one in s.outbound_refused_networks]
    typer.echo(f"allowed    {_listed(found.networks)}  (CONTROLPLANE_OUTBOUND_ALLOWED_NETWORKS)")
    typer.echo(f"refused    {_listed(refused)}  (CONTROLPLANE_OUTBOUND_REFUSED_NETWORKS)")
    typer.echo(f"grantable  {_listed(found.grantable_networks)}  (CONTROLPLANE_OUTBOUND_GRANTABLE_NETWORKS)")
    typer.echo(f"by http    {'every public address' if found.plain_http else 'what is allowed only'}")


def _show(environment_id: str, view: OutboundPolicyView) -> None:
    typer.echo(f"{environment_id}  {_listed([*view.networks, *view.hosts])}")
    if view.updated_at:
        typer.echo(f"last changed by {view.updated_by} at {view.updated_at:%Y-%m-%d %H:%M} UTC")


def _listed(texts: list[str]) -> str:
    return " ".join(texts) or "nothing"


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except ApplicationError as error:
        typer.echo(f"✗ {error.message}", err=True)
        raise typer.Exit(1) from error
    except ValidationError as error:
        faults = {str(fault["msg"]).removeprefix("Value error, ") for fault in error.errors()}
        typer.echo(f"✗ {' '.join(sorted(faults))}", err=True)
        raise typer.Exit(1) from error

"""`controlplane sso …`: the plane's providers, from its host."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from controlplane.core.database import transaction
from controlplane.core.errors import ApplicationError
from controlplane.domains import service as domains
from controlplane.sso_connections import addresses, discovery, repository, service
from controlplane.sso_connections.schemas import Kind, NewProvider

app = typer.Typer(no_args_is_help=True, help="The identity providers everybody may sign in with.")
SECRET_FILE = "a file with the client secret (of WorkOS: the API key); asked for when left out"  # noqa: S105 - a text
SILENT = "take addresses as verified where the provider says nothing of it (Microsoft Entra ID)"
Provider = Annotated[str, typer.Argument(help="its name in addresses")]


@app.command("add")
def add(
    kind: Kind,
    client_id: Annotated[str, typer.Option()],
    issuer: Annotated[str | None, typer.Option(help="of oidc; of GitHub Enterprise its address")] = None,
    provider: Annotated[str | None, typer.Option(help="its name in addresses; the kind when left out")] = None,
    name: Annotated[str | None, typer.Option(help="what people see")] = None,
    client_secret_file: Annotated[Path | None, typer.Option(help=SECRET_FILE)] = None,
    public: Annotated[bool, typer.Option(help="a client without a secret (PKCE alone)")] = False,
    hosted_domain: Annotated[str | None, typer.Option(help="of Google: people of this Workspace domain only")] = None,
    assume_email_verified: Annotated[bool, typer.Option(help=SILENT)] = False,
    api_base_url: Annotated[str | None, typer.Option(help="of GitHub Enterprise and WorkOS")] = None,
) -> None:
    """Connect a provider; it is asked for its endpoints at once."""
    with _explained():
        new = NewProvider(
            kind=kind,
            name=name
            or {"github": "GitHub", "google": "Google", "workos": "WorkOS"}.get(kind, provider or "Single sign-on"),
            issuer=issuer,
            client_id=client_id,
            client_secret=None if public else _secret(client_secret_file),
            hosted_domain=hosted_domain,
            assume_email_verified=assume_email_verified,
            api_base_url=api_base_url,
            provider=provider,
        )
        asked = service.asked(new, tenants=False)
        found = discovery.discover(asked)
        with transaction() as session:
            made = service.create(session, None, None, new, asked.issuer, found)
    typer.echo(f"✓ {made.provider}: register this redirect URI there: {addresses.callback_url(made.provider)}")


@app.command("list")
def list_providers() -> None:
    """Name the plane's providers."""
    with transaction() as session:
        for one in session.scalars(repository.plane_wide()):
            state = "on" if one.enabled else "off"
            typer.echo(f"{one.provider}  {one.kind}  {state}  {one.issuer}  {one.client_id}")


@app.command("remove")
def remove(provider: Provider) -> None:
    """Disconnect a provider. People who came through it stay and need another way in."""
    with _explained(), transaction() as session:
        service.remove(session, None, service.plane_wide(session, provider))
    typer.echo(f"✓ {provider} is disconnected")


@app.command("relax")
def relax(domain: Annotated[str, typer.Argument(help="a domain that requires single sign-on")]) -> None:
    """Let people of a domain sign in with passwords again, for when their provider is out of order."""
    with _explained(), transaction() as session:
        domains.relax(session, domain)
    typer.echo(f"✓ single sign-on is no longer required of {domain}")


def _secret(file: Path | None) -> str:
    if file is None:
        return str(typer.prompt("Client secret", hide_input=True))
    try:
        return file.read_text().strip()
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}.") from error


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except ApplicationError as error:
        typer.echo(f"✗ {error.message}", err=True)
        raise typer.Exit(1) from error
    except ValidationError as error:
        for fault in error.errors():
            typer.echo(f"✗ {'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}", err=True)
        raise typer.Exit(1) from error

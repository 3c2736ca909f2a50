"""``envrunner …``: the processes of a data-plane node."""

from __future__ import annotations

from typing import Annotated

import typer

from envrunner.egress import guard as egress
from envrunner.egress.nft import NftFailed
from envrunner.keep import locks, stop_all
from envrunner.lazily import function
from envrunner.settings import settings

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="Runs engines and carries traffic on this host."
)


@app.command()
def agent() -> None:
    """Keep this node's engines. Ending it leaves them running."""
    function("agent.main:run_agent")()


@app.command()
def worker() -> None:
    """Fetch specs, tell the agent, report."""
    function("worker:run_worker")()


@app.command()
def edge() -> None:
    """Serve ingress and admin traffic (nginx in the foreground)."""
    function("edge.main:run_edge")()


@app.command("edge-agent")
def edge_agent() -> None:
    """Feed the edge its tables."""
    function("edge.main:run_edge_agent")()


@app.command()
def guard() -> None:
    """Carry people's calls to the engines, and end them when the right to them ends."""
    function("guard.main:run_guard")()


@app.command()
def h2c() -> None:
    """Take HTTP/2 with prior knowledge, as the stock CLI's remote ports speak it, to the edge."""
    function("h2c.main:run_h2c")()


@app.command()
def relay() -> None:
    """Carry calls from engines to services in private networks, through tunnels that customers open."""
    if settings().relay_compiled:
        function("relay.compiled:use")()
    function("relay.main:run_relay")()


@app.command()
def aws(check: Annotated[bool, typer.Option("--check", help="only say whether it works")] = False) -> None:
    """Hold this node's identity in AWS, and give each engine the part of it that is its own."""
    if check:
        typer.echo(f"✓ {function('aws.main:check_aws')()}")
    else:
        function("aws.main:run_aws")()


@app.command("stop-engines")
def stop_engines() -> None:
    """Stop every engine of this node and keep all data. Refused while an agent would start them again."""
    given = settings()
    if locks.is_locked(given.agent_lock):
        raise SystemExit(f"An agent serves {given.state_dir} and would start the engines again: stop it first.")
    count = stop_all(given.state_dir / "keep", grace_seconds=given.engine_grace_seconds)
    typer.echo(f"✓ {count} stopped")


@app.command("remove-egress-rules")
def remove_egress_rules() -> None:
    """Take this node's rules (nftables) out of the kernel, for when its engines have stopped for good."""
    try:
        egress.remove(settings().state_dir)
    except NftFailed as error:
        raise SystemExit(f"The rules remain: {error}.") from error


def main() -> None:
    """Entry point of the ``envrunner`` command."""
    app()


if __name__ == "__main__":
    main()

"""Services on a laptop, reached through the tunnel of the stock CLI 1.5.6 as it is, in the loopback mode."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from embedded.layout import locate
from tests.support import services
from tests.support.cast import enrol
from tests.support.cli import Cli
from tests.support.plane import Plane
from tests.support.services import Service
from tests.support.standstill import stand_still, stand_still_under_a_body
from tests.support.tenants import Caller, Environment, sign_up
from tests.support.tunnel_command import TunnelCommand
from tests.support.waiting import until

pytestmark = pytest.mark.system

VERSION = "1.5.6"


@dataclass(frozen=True)
class Laptop:
    """Somebody's own, with a CLI that is configured for ``environment`` and a service that answers only to it."""

    plane: Plane
    environment: Environment
    caller: Caller
    cli: Cli
    service: Service

    def tunnel(self, *options: str) -> TunnelCommand:
        return TunnelCommand(self.cli, "--local-port", str(self.service.port), *options)

    def register(self, url: str) -> str:
        return self.cli.run("deployments", "register", url, "--yes")


@pytest.fixture(scope="module")
def laptop(
    plane: Plane, environment: Callable[..., Environment], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Laptop]:
    home = environment()
    cli = Cli(VERSION, tmp_path_factory.mktemp("cli"))
    cli.sign_in(home.owner.token, plane.api_url)
    cli.configure()
    with services.typescript(tmp_path_factory.mktemp("service"), [home.signing_public_key]) as service:
        yield Laptop(plane, home, home.using(home.api_key()), cli, service)


def seen(plane: Plane, name: str) -> dict[str, Any] | None:
    """What the relay knows of a tunnel."""
    transport = httpx2.HTTPTransport(uds=str(locate(plane.env).relay_socket))
    with httpx2.Client(transport=transport, timeout=60) as client:
        items: list[dict[str, Any]] = client.get("http://relay/tunnels").json()["items"]
    return next((one for one in items if one["name"] == name), None)


def test_the_url_it_shows_is_registered_and_called(laptop: Laptop) -> None:
    with laptop.tunnel() as tunnel:
        url = tunnel.wait_shown(r"restate deployments register (tunnel://[\w-]+:\d+)")[1]
        assert "roleUpdate" in laptop.register(url)

        assert laptop.caller.invoke("/greeter/ada/greet", "Hello") == "Hello ada for the 1-th time."
        assert laptop.caller.invoke("/greeter/ada/greet", "Hello") == "Hello ada for the 2-th time."
        assert tunnel.interrupt() == 0


def test_large_bodies_pass_both_ways(laptop: Laptop) -> None:
    body = os.urandom(10 * 1024 * 1024)
    with laptop.tunnel("--tunnel-name", "large") as tunnel:
        laptop.register(tunnel.wait_shown(r"tunnel://large:\d+")[0])
        answer = laptop.caller.ingress(
            "POST", "/echo/bytes", content=body, headers={"content-type": "application/octet-stream"}
        )
        assert answer.status_code == 200, answer.text
        assert answer.content == body
        known = seen(laptop.plane, "large")
        assert known is not None
        assert known["bytesToService"] > len(body) < known["bytesFromService"]


def test_more_calls_than_it_takes_wait_for_a_client_that_stands_still(laptop: Laptop) -> None:
    """It takes 200 at once."""
    with laptop.tunnel("--tunnel-name", "stopped") as tunnel:
        laptop.register(tunnel.wait_shown(r"tunnel://stopped:\d+")[0])
        relay = laptop.plane.pids["relay"]
        stand_still(tunnel, laptop.caller, lambda: seen(laptop.plane, "stopped"), relay, 300)


def test_a_client_that_stands_still_under_a_large_body_holds_up_nobody_else(laptop: Laptop, tmp_path: Path) -> None:
    with (
        services.slow(tmp_path, [laptop.environment.signing_public_key]) as beside,
        laptop.tunnel("--tunnel-name", "large-still") as tunnel,
        TunnelCommand(laptop.cli, "--local-port", str(beside.port), "--tunnel-name", "beside") as other,
    ):
        for one, name in ((tunnel, "large-still"), (other, "beside")):
            laptop.register(one.wait_shown(rf"tunnel://{name}:\d+")[0])

        def meanwhile() -> None:
            for _ in range(20):
                assert laptop.caller.invoke("/slow/wait", 1) == 1

        relay = laptop.plane.pids["relay"]
        stand_still_under_a_body(tunnel, laptop.caller, lambda: seen(laptop.plane, "large-still"), relay, meanwhile)


def test_who_may_not_is_told_why_on_the_screen(laptop: Laptop, tmp_path: Path) -> None:
    viewer = sign_up(laptop.plane.api_url)
    enrol(locate(laptop.plane.env), laptop.environment.account_id, {viewer.email: "viewer"})
    until(lambda: laptop.environment.using(viewer.token).admin("GET", "/version").status_code == 200)
    cli = Cli(VERSION, tmp_path)
    cli.sign_in(viewer.token, laptop.plane.api_url)
    cli.configure()
    with TunnelCommand(cli, "--local-port", str(laptop.service.port)) as tunnel:
        assert tunnel.ended() == 1
        assert "Viewers cannot open tunnels" in tunnel.shown


def test_another_environments_engine_gets_nowhere(laptop: Laptop, environment: Callable[..., Environment]) -> None:
    other = environment()
    stranger = other.using(other.api_key())
    with laptop.tunnel("--tunnel-name", "mine") as tunnel:
        tunnel.wait_shown(r"tunnel://mine:\d+")
        proxy = f"http://127.0.0.1:{laptop.plane.endpoints['tunnelProxyPort']}"
        for label in (laptop.environment.label, "0" * 27):
            answer = stranger.register(f"{proxy}/{label}/mine")
            assert answer.status_code >= 400
            assert "its own environment" in answer.text or "401" in answer.text, answer.text
        known = seen(laptop.plane, "mine")
        assert known is not None
        assert known["requests"] == 0


def test_after_a_kill_of_the_relay_the_cli_comes_back_by_itself(laptop: Laptop) -> None:
    with laptop.tunnel("--tunnel-name", "lasting") as tunnel:
        laptop.register(tunnel.wait_shown(r"tunnel://lasting:\d+")[0])
        before = laptop.plane.pids["relay"]
        os.kill(before, 9)
        until(lambda: laptop.plane.pids.get("relay") not in (None, before), 60)
        until(lambda: _connected(laptop.plane, "lasting"), 60)
        # Attempts in between fail and are repeated by the engine; the call does not.
        assert laptop.caller.invoke("/greeter/kill/greet", "Hello") == "Hello kill for the 1-th time."


def test_a_call_under_way_outlives_an_orderly_restart_of_the_relay(laptop: Laptop) -> None:
    with laptop.tunnel("--tunnel-name", "drained") as tunnel:
        laptop.register(tunnel.wait_shown(r"tunnel://drained:\d+")[0])
        before = laptop.plane.pids["relay"]
        os.kill(before, 15)
        assert laptop.caller.invoke("/greeter/drain/greet", "Hello") == "Hello drain for the 1-th time."
        until(lambda: laptop.plane.pids.get("relay") not in (None, before), 60)


def test_a_session_that_ends_takes_its_tunnel_along(
    laptop: Laptop, plane: Plane, environment: Callable[..., Environment], tmp_path: Path
) -> None:
    home = environment()
    cli = Cli(VERSION, tmp_path)
    cli.sign_in(home.owner.token, plane.api_url)
    cli.configure()
    with TunnelCommand(cli, "--local-port", "1", "--tunnel-name", "ending") as tunnel:
        tunnel.wait_shown(r"tunnel://ending:\d+")
        assert home.owner.call("POST", "/auth/logout").is_success
        assert tunnel.ended() != 0
        assert "not known here, or was revoked" in tunnel.shown
    known = seen(plane, "ending")
    assert known is not None
    assert known["connections"] == 0


def _connected(plane: Plane, name: str) -> bool:
    try:
        known = seen(plane, name)
    except httpx2.TransportError:
        return False
    return known is not None and known["connections"] == 1

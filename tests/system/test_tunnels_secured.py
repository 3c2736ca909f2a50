"""Services in a private network, reached through tunnels of the stock CLIs 1.6.2 and 1.7.12 as they are, over TLS."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from embedded.layout import locate
from tests.support import own_network
from tests.support.cast import enrol
from tests.support.cli import VERSIONS, Cli
from tests.support.plane import Plane
from tests.support.rcloud import InProcess
from tests.support.standstill import stand_still
from tests.support.tenants import create_environment, sign_up
from tests.support.tunnel_command import TunnelCommand
from tests.support.tunnelling import Private, private
from tests.support.waiting import until

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not own_network.permitted(), reason="this account may not make network namespaces here"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Private]:
    with private(tmp_path_factory.mktemp("private")) as running:
        yield running


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def cli(version: str, world: Private, tmp_path: Path) -> Cli:
    return world.cli(version, tmp_path)


def seen(plane: Plane, name: str) -> dict[str, Any]:
    """What the relay knows of a tunnel."""
    transport = httpx2.HTTPTransport(uds=str(locate(plane.env).relay_socket))
    with httpx2.Client(transport=transport, timeout=60) as client:
        items: list[dict[str, Any]] = client.get("http://relay/tunnels").json()["items"]
    (found,) = [one for one in items if one["name"] == name]
    return found


def version_of(cli: Cli) -> str:
    return cli.binary.parents[1].name.replace(".", "-")


def test_a_private_service_is_registered_and_called(world: Private, cli: Cli) -> None:
    name = f"first-{version_of(cli)}"
    with world.tunnel(cli, name) as tunnel:
        assert "roleUpdate" in world.register(cli, name)
        word = world.caller.invoke(f"/greeter/{name}/greet", "Hello")
        assert word == f"Hello {name} for the 1-th time."
        assert tunnel.interrupt() == 0
    until(lambda: seen(world.plane, name)["connections"] == 0)


def test_large_bodies_pass_both_ways(world: Private, cli: Cli) -> None:
    name, body = f"large-{version_of(cli)}", os.urandom(10 * 1024 * 1024)
    with world.tunnel(cli, name):
        world.register(cli, name)
        answer = world.caller.ingress(
            "POST", "/echo/bytes", content=body, headers={"content-type": "application/octet-stream"}
        )
        assert answer.status_code == 200, answer.text
        assert answer.content == body


def test_a_thousand_calls_at_once(world: Private, tmp_path: Path) -> None:
    cli, name = world.cli("1.7.12", tmp_path), "thousand"
    with world.tunnel(cli, name) as tunnel:
        world.register(cli, name)
        stand_still(tunnel, world.caller, lambda: seen(world.plane, name), world.plane.pids["relay"], 1000)


def test_a_service_that_is_called_with_http1(world: Private, cli: Cli) -> None:
    name = f"old-{version_of(cli)}"
    with world.tunnel(cli, name):
        world.register(cli, name, "--use-http1.1", service=world.python)
        assert f"Hello {name}" in world.caller.invoke("/Greeter/greet", name)
        assert seen(world.plane, name)["errors"] == 0
        # The other one understands HTTP/2 only: what the engine speaks is what it hears.
        url = f"http://localhost:{world.service.port}"
        refused = ("deployments", "register", "--tunnel-name", name, url, "--yes", "--use-http1.1")
        assert cli.attempt(*refused)[0] == 1
        assert seen(world.plane, name)["lastFailure"] == "answered 502"


def test_another_environments_engine_gets_nowhere(world: Private, cli: Cli) -> None:
    name = f"mine-{version_of(cli)}"
    stranger = create_environment(sign_up(world.plane.api_url))
    caller = stranger.using(stranger.api_key())
    with world.tunnel(cli, name):
        proxy = f"http://127.0.0.1:{world.plane.endpoints['tunnelProxyPort']}"
        answer = caller.register(f"{proxy}/{world.environment.label}/{name}/http/localhost/{world.service.port}")
        assert answer.status_code >= 400
        assert seen(world.plane, name)["requests"] == 0


def test_who_may_not_is_told_why_on_the_screen(world: Private, version: str, tmp_path: Path) -> None:
    viewer = sign_up(world.plane.api_url)
    enrol(locate(world.plane.env), world.environment.account_id, {viewer.email: "viewer"})
    until(lambda: world.environment.using(viewer.token).admin("GET", "/version").status_code == 200)
    cli = world.cli(version, tmp_path, replace(world.environment, owner=viewer))
    with TunnelCommand(cli, "--tunnel-name", "refused") as tunnel:
        assert tunnel.ended() == 1
        assert "Bad status: Viewers cannot open tunnels" in tunnel.shown


def test_the_cli_comes_back_after_a_kill_and_after_an_orderly_end(world: Private, cli: Cli) -> None:
    name = f"lasting-{version_of(cli)}"
    with world.tunnel(cli, name):
        world.register(cli, name)
        for number in (9, 15):
            before = world.plane.pids["relay"]
            os.kill(before, number)
            # The engine repeats attempts that fail meanwhile; the call does not fail.
            word = world.caller.invoke(f"/greeter/{name}{number}/greet", "Hello")
            assert word == f"Hello {name}{number} for the 1-th time."
            until(lambda before=before: world.plane.pids.get("relay") not in (None, before), 60)  # type: ignore[misc]


def test_remote_ports_carry_calls_without_a_token(world: Private, cli: Cli) -> None:
    name = f"remote-{version_of(cli)}"
    with TunnelCommand(cli, "--tunnel-name", name) as tunnel:
        tunnel.wait_shown(rf"tunnel://{name}\s+\(1/1 connected\)")
        world.register(cli, name)
        asked = ["curl", "-sS", "-H", "content-type: application/json", "-d", '"Hello"']
        shown = inside(world, cli, *asked, f"http://127.0.0.1:8080/greeter/{name}/greet")
        assert f"Hello {name} for the" in shown
        assert "roleUpdate" in inside(world, cli, "curl", "-sS", "http://127.0.0.1:9070/services")
        # Whatever callers send of their own: the CLI's comes after it, the last one counts, and none goes on.
        for own in ("Bearer somebody-elses", "Basic eDp5", "Bearer"):
            named = ("-H", f"authorization: {own}")
            seen = json.loads(
                inside(world, cli, "curl", "-sS", *named, "-X", "POST", "http://127.0.0.1:8080/echo/headers")
            )
            assert "authorization" not in seen["sentByCaller"]
            assert "roleUpdate" in inside(world, cli, "curl", "-sS", *named, "http://127.0.0.1:9070/services")


def test_one_remote_port_and_no_other(world: Private, tmp_path: Path) -> None:
    cli = world.cli("1.7.12", tmp_path)
    # As the documents say it; 1.6.2 does not understand the port.
    with TunnelCommand(cli, "--remote-port", "8080") as tunnel:
        tunnel.wait_shown(r"\(1/1 connected\)")
        asked = ["curl", "-sS", "--retry-connrefused", "--retry", "5", "http://localhost:8080/restate/health"]
        assert "services" in inside(world, cli, *asked)
        refused = subprocess.run(world.network.argv(["curl", "-s", "http://localhost:9070/"], cli.home), check=False)
        assert refused.returncode == 7


def test_members_see_their_tunnels_in_the_api(world: Private, cli: Cli) -> None:
    name = f"shown-{version_of(cli)}"

    def shown() -> dict[str, Any] | None:
        items = world.environment.owner.call("GET", f"{world.environment.path}/tunnels").json()["items"]
        return next((one for one in items if one["name"] == name), None)

    with world.tunnel(cli, name):
        world.register(cli, name)
        known = until(lambda: found if (found := shown()) and found["requests"] else None)
        assert (known["connections"], known["errors"]) == (1, 0)
    until(lambda: found if (found := shown()) and found["connections"] == 0 else None)


def test_what_rcloud_says_to_run_opens_a_tunnel_and_registers_through_it(
    world: Private, cli: Cli, tmp_path: Path
) -> None:
    name, env = f"told-{version_of(cli)}", world.environment.environment_id
    (tmp_path / "rcloud").mkdir()
    rcloud = InProcess(tmp_path / "rcloud")
    rcloud.sign_in(world.environment.owner.token, world.plane.api_url)
    said = rcloud.run("tunnels", "command", env, "--name", name, "--port", str(world.service.port)).stdout
    opening, registering = [shlex.split(line)[1:] for line in said.splitlines() if line.startswith("restate ")][:2]
    with TunnelCommand(cli, *opening[3:]) as tunnel:
        tunnel.wait_shown(rf"tunnel://{name}\s+\(1/1 connected\)")
        assert "roleUpdate" in cli.run(*registering, "--yes")
        tried = rcloud.run("preflight", env, f"http://localhost:{world.service.port}", "--tunnel-name", name)
        assert "✓  discovery" in tried.stdout

        def connected() -> bool:
            """The control plane hears of it from the relay."""
            rows = [line.split() for line in rcloud.run("tunnels", "list", env).stdout.splitlines()]
            return [row[1:3] for row in rows if row[:1] == [name]] == [["connected", "1"]]

        until(connected)


def inside(world: Private, cli: Cli, *arguments: str) -> str:
    """What a program in the private network prints."""
    command = world.network.argv(arguments, cli.home)
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout

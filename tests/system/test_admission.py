"""What a real engine is told and what not, by the whole plane; and trying a service first, directly and by tunnel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support import services
from tests.support.cli import Cli
from tests.support.plane import Plane
from tests.support.services import Service
from tests.support.tenants import Caller, Environment
from tests.support.tunnel_command import TunnelCommand

pytestmark = pytest.mark.system

ROLE = "arn:aws:iam::123456789012:role/Invoker"
FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:greeter:7"


@dataclass(frozen=True)
class Home:
    """``service`` answers only to ``environment``."""

    environment: Environment
    caller: Caller
    service: Service

    def tried(self, **asked: Any) -> dict[str, Any]:
        answer = self.environment.owner.call("POST", f"{self.environment.path}/preflight", json=asked)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result


@pytest.fixture(scope="module")
def home(environment: Callable[..., Environment], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    made = environment()
    with services.typescript(tmp_path_factory.mktemp("service"), [made.signing_public_key]) as service:
        yield Home(made, made.using(made.api_key()), service)


def test_a_service_is_tried_registered_changed_and_called(home: Home) -> None:
    tried = home.tried(uri=home.service.url)
    assert tried["ok"], tried
    registered = home.caller.register(home.service.url)
    assert registered.status_code == 201, registered.text
    path = f"/deployments/{registered.json()['id']}"
    assert home.caller.admin("PATCH", path, json={"uri": home.service.url, "overwrite": True}).status_code == 200
    assert home.caller.invoke("/greeter/ada/greet", "Hello") == "Hello ada for the 1-th time."

    refused = home.caller.admin("PATCH", path, json={"uri": "http://169.254.169.254"})

    assert (refused.status_code, "--tunnel-name" in refused.json()["message"]) == (422, True)
    assert home.caller.admin("GET", path).json()["uri"].rstrip("/") == home.service.url


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/deployments", {"uri": "http://10.0.0.1"}, "not a public address"),
        ("/v3/deployments", {"uri": "http://[::ffff:169.254.169.254]"}, "not a public address"),
        ("/deployments", {"uri": "http://2130706433"}, "usual form"),
        ("/deployments", {"arn": FUNCTION}, "--assume-role-arn"),
        ("/deployments", {"uri": "http://127.0.0.1:1", "auth": {"GoogleIdToken": {}}}, "Google ID tokens"),
        (
            "/kafka-clusters",
            {"name": "k", "properties": {"bootstrap.servers": "10.0.0.1:9092"}},
            "not a public address",
        ),
        (
            "/kafka-clusters",
            {"name": "k", "properties": {"bootstrap.servers": "127.0.0.1:1", "ssl.ca.location": "/etc/hostname"}},
            "is not open to tenants",
        ),
        (
            "/subscriptions",
            {"source": "kafka://k/t", "sink": "service://greeter/greet", "options": {"plugin.library.paths": "x"}},
            "is not open to tenants",
        ),
    ],
)
def test_what_the_engine_is_not_told(home: Home, path: str, body: dict[str, Any], words: str) -> None:
    answer = home.caller.admin("POST", path, json=body)
    assert (answer.status_code, words in answer.json()["message"]) == (422, True), answer.text


def test_a_kafka_cluster_with_usual_properties_is_made(home: Home) -> None:
    properties = {"bootstrap.servers": "127.0.0.1:1", "security.protocol": "PLAINTEXT"}
    made = home.caller.admin("POST", "/kafka-clusters", json={"name": "mine", "properties": properties})
    assert made.status_code in (200, 201), made.text
    assert home.caller.admin("DELETE", "/kafka-clusters/mine").status_code < 300


def test_an_account_opens_a_private_network_for_itself(plane: Plane, home: Home) -> None:
    owner, path = home.environment.owner, f"{home.environment.path}/outbound-policy"
    assert home.tried(uri="http://192.168.255.255:9")["checks"][-1]["name"] == "policy"
    assert owner.call("PUT", path, json={"networks": ["192.168.255.255/32"]}).status_code == 200
    assert owner.call("GET", path).json()["networks"] == ["192.168.255.255/32"]
    assert owner.call("PUT", path, json={}).status_code == 200


def test_the_stock_cli_prints_the_refusal(plane: Plane, home: Home, tmp_path_factory: pytest.TempPathFactory) -> None:
    urls = {"RESTATE_INGRESS_URL": home.environment.ingress_url, "RESTATE_ADMIN_URL": home.environment.admin_url}
    cli = Cli("1.7.12", tmp_path_factory.mktemp("cli"), {**urls, "RESTATE_AUTH_TOKEN": str(home.caller.token)})
    status, said = cli.attempt("deployments", "register", "http://10.0.0.1", "--yes")
    assert status != 0
    assert "10.0.0.1 is not a public address" in " ".join(said.split())


def test_a_service_is_tried_through_its_tunnel(
    plane: Plane, home: Home, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cli = Cli("1.5.6", tmp_path_factory.mktemp("cli"))
    cli.sign_in(home.environment.owner.token, plane.api_url)
    cli.configure(f"{home.environment.account_name}/{home.environment.name}")
    with TunnelCommand(cli, "--local-port", str(home.service.port), "--tunnel-name", "tried") as tunnel:
        tunnel.wait_shown(r"tunnel://tried:\d+")
        # This version's tunnel leads to its one port, whatever stands behind its name.
        proxy = f"http://127.0.0.1:{plane.endpoints['tunnelProxyPort']}/{home.environment.label}"
        assert home.tried(uri=f"{proxy}/tried")["ok"]
        absent = home.tried(uri=home.service.url, tunnelName="absent")
        assert not absent["ok"], absent

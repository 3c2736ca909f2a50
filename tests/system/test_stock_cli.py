"""The unmodified CLI, 1.7.12 and 1.6.2, with an access token in its configuration or an API key in its environment."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support import services
from tests.support.cast import Cast
from tests.support.cli import VERSIONS, Cli
from tests.support.plane import Plane
from tests.support.tenants import Environment, Person
from tests.support.waiting import until
from tests.system.conftest import Examples

pytestmark = pytest.mark.system

NewCli = Callable[..., Cli]


@pytest.fixture(params=VERSIONS)
def new_cli(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NewCli:
    """Factory: a CLI that nobody has used yet, with further variables."""
    return lambda **settings: Cli(request.param, tmp_path_factory.mktemp("cli"), settings)


@dataclass(frozen=True)
class Used:
    """A CLI that may administer the examples' environment."""

    cli: Cli
    examples: Examples


def _signed_in(new_cli: NewCli, person: Person, environment: Environment) -> Cli:
    cli = new_cli()
    cli.sign_in(person.token, person.api_url)
    cli.configure(f"{environment.account_name}/{environment.name}")
    return cli


@pytest.fixture(params=["access token", "api key"])
def used(request: pytest.FixtureRequest, new_cli: NewCli, examples: Examples) -> Used:
    home = examples.environment
    if request.param == "access token":
        return Used(_signed_in(new_cli, home.owner, home), examples)
    urls = {"RESTATE_INGRESS_URL": home.ingress_url, "RESTATE_ADMIN_URL": home.admin_url}
    return Used(new_cli(**urls, RESTATE_AUTH_TOKEN=home.api_key("admin")), examples)


@pytest.mark.parametrize("by", ["names", "ids"])
def test_env_configure_writes_the_profile(new_cli: NewCli, examples: Examples, by: str) -> None:
    home, cli = examples.environment, new_cli()
    cli.sign_in(home.owner.token, home.owner.api_url)
    cli.configure(f"{home.account_name}/{home.name}" if by == "names" else f"{home.account_id}/{home.environment_id}")
    assert cli.config()["dev"] == {
        "environment_type": "cloud",
        "ingress_base_url": home.ingress_url,
        "admin_base_url": home.admin_url,
        "cloud": {"account_id": home.account_id, "environment_id": home.environment_id},
    }
    shown = cli.run("whoami")
    assert home.environment_id in shown
    assert "Logged in?      true" in shown
    assert cli.run("services", "list").count("[public]") >= 1
    cli.run("config", "use-environment", "local")
    assert home.admin_url not in cli.run("whoami")


def test_whoami(used: Used) -> None:
    home, shown = used.examples.environment, used.cli.run("whoami")
    assert f"Admin Service '{home.admin_url}/' is healthy!" in shown
    assert ["Ingress", "base", "URL", f"{home.ingress_url}/"] in [line.split() for line in shown.splitlines()]


def test_deployments_register_list_and_describe(used: Used, tmp_path: Path) -> None:
    with services.meddler(tmp_path, [used.examples.environment.signing_public_key]) as service:
        assert "meddler" in used.cli.run("deployments", "register", "--yes", service.url)
        assert service.url in used.cli.run("deployments", "list")
        deployments = used.examples.caller.admin("GET", "/deployments").json()["deployments"]
        (deployment,) = [one["id"] for one in deployments if one["uri"] == f"{service.url}/"]
        described = used.cli.run("deployments", "describe", deployment)
        assert service.url in described
        assert "meddler" in described
        used.cli.run("deployments", "remove", "--yes", "--force", deployment)


def test_services_list_and_describe(used: Used) -> None:
    listed = used.cli.run("services", "list")
    assert all(name in listed for name in ("roleUpdate", "greeter", "payment", "Greeter", "Visitors"))
    described = used.cli.run("services", "describe", "trip")
    assert used.examples.typescript.url in described
    assert "book" in described


def _booked(examples: Examples) -> str:
    """A running trip's invocation id."""
    customer = uuid4().hex
    invocation = examples.caller.send("/trip/book/send", {"customer": customer, "hoursToDecide": 1})
    until(lambda: len(examples.typescript.effects(customer)) == 2)
    return invocation


def _ended(examples: Examples, invocation: str) -> str | None:
    """The failure of a completed invocation."""
    query = f"select completion_failure from sys_invocation where id = '{invocation}' and status = 'completed'"
    rows = examples.caller.sql(query)
    return str(rows[0]["completion_failure"]) if rows else None


def test_invocations_list_describe_cancel_and_kill(used: Used) -> None:
    cancelled, killed = _booked(used.examples), _booked(used.examples)
    listed = used.cli.run("invocations", "list", "--service", "trip")
    assert cancelled in listed
    assert killed in listed
    assert "reserve flight" in used.cli.run("invocations", "describe", cancelled)

    used.cli.run("invocations", "cancel", "--yes", cancelled)
    used.cli.run("invocations", "kill", "--yes", killed)

    assert until(lambda: _ended(used.examples, cancelled)) == "[409] Cancelled"
    assert until(lambda: _ended(used.examples, killed)) == "[409] killed"


def test_sql_and_state_get(used: Used) -> None:
    key = uuid4().hex
    for _ in range(3):
        used.examples.caller.invoke(f"/greeter/{key}/greet", "Hi")
    query = f"select service_key, value_utf8 from state where service_key = '{key}'"
    rows = used.cli.run("sql", "--json", query).splitlines()[-1]
    assert json.loads(rows) == [{"service_key": key, "value_utf8": "3"}]
    assert key in used.cli.run("sql", query)
    shown = used.cli.run("state", "get", "greeter", key)
    assert ["count", "3"] in [line.split() for line in shown.splitlines()]


def test_a_viewer_reads_and_is_told_why_nothing_else_works(new_cli: NewCli, cast: Cast, examples: Examples) -> None:
    cli = _signed_in(new_cli, cast.people["viewer"], cast.own)
    assert cast.own.environment_id in cli.run("whoami")
    cli.run("deployments", "list")
    status, shown = cli.attempt("deployments", "register", "--yes", examples.typescript.url)
    refused = cast.own.using(cast.people["viewer"].token).register(examples.typescript.url)
    assert refused.status_code == 403
    assert status == 1
    assert refused.json()["message"] in " ".join(shown.split())


@pytest.mark.parametrize("who", ["other member", "other full key", "ingress key"])
def test_a_token_without_the_right_reaches_nothing(new_cli: NewCli, cast: Cast, who: str) -> None:
    cli = new_cli(
        RESTATE_ADMIN_URL=cast.own.admin_url,
        RESTATE_INGRESS_URL=cast.own.ingress_url,
        RESTATE_AUTH_TOKEN=str(cast.tokens[who]),
    )
    for command in (["services", "list"], ["sql", "select 1"], ["deployments", "list"]):
        status, shown = cli.attempt(*command)
        # This CLI shows no body of a refused version check; it only says that it cannot go on.
        assert (status, "Unable to connect" in shown) == (1, True), shown


def test_another_tenants_account_cannot_be_configured(new_cli: NewCli, cast: Cast, signed_up: Person) -> None:
    cli = new_cli()
    cli.sign_in(signed_up.token, signed_up.api_url)
    status, shown = cli.attempt("cloud", "env", "configure", f"{cast.own.account_id}/{cast.own.name}", "--yes")
    assert status == 1
    assert cast.own.admin_url not in shown
    assert list(cli.config()) == ["global"]


def test_a_token_that_is_not_ours_gets_our_message(new_cli: NewCli, plane: Plane) -> None:
    claims = base64.urlsafe_b64encode(b'{"exp": 4102444800}').decode().rstrip("=")
    cli = new_cli()
    stranger = Person(plane.api_url, "nobody@example.com", f"e30.{claims}.x")
    cli.sign_in(stranger.token, stranger.api_url)
    status, shown = cli.attempt("cloud", "env", "configure", "a/b", "--yes")
    assert status == 1
    assert "401 Unauthorized" in shown
    assert stranger.call("GET", "/auth/me").json()["message"] in " ".join(shown.split())

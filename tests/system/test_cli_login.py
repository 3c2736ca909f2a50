"""`restate cloud login` of the real CLIs, at the standard ports and names, in a network of their own.

1.7.12 and 1.6.2 are unmodified. 1.5.6 is shown unmodified as far as it gets, and in a copy that trusts the private
authority (tests/support/trusting.py), which stands for a publicly trusted certificate.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.support import own_network
from tests.support.browser import visiting
from tests.support.cli import Cli
from tests.support.own_network import OwnNetwork
from tests.support.secured import HOST, WORKOS, Secured, secured
from tests.support.tenants import PASSWORD, Person, sign_up
from tests.support.tls_front import in_front_of
from tests.support.trusting import trusting_copy
from tests.support.waiting import until
from tests.support.workos_double import API_KEY, CLIENT_ID, WorkOs, running
from tests.system.logging_in import Login

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not own_network.permitted(), reason="this account may not make network namespaces here"),
]
# What `.auth-config` cannot tell a CLI, its user writes: 1.6 that the device flow is wanted, 1.5 where to log in.
DEVICE = {"provider": "workos", "client_id": "restate-cli"}
OF_1_5 = {"login_base_url": f"https://{HOST}", "client_id": "restate-cli"}
WAYS = {
    "1.7.12 by device": ("1.7.12", {}),
    "1.6.2 by redirect": ("1.6.2", {}),
    "1.6.2 by device": ("1.6.2", DEVICE),
}

NewCli = Callable[..., Cli]


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with secured(tmp_path_factory.mktemp("secured")) as running:
        yield running


@pytest.fixture
def ada(plane: Secured) -> Person:
    return plane.environment.owner


@pytest.fixture
def new_cli(plane: Secured, tmp_path_factory: pytest.TempPathFactory) -> NewCli:
    """Factory: a CLI with its first configuration."""
    return lambda version, **settings: plane.cli(version, tmp_path_factory.mktemp("cli"), **settings)


def logged_in(cli: Cli, person: Person) -> str:
    """The access token that the CLI wrote down."""
    login = Login(cli)
    login.decided_by(person)
    status, printed = login.ended()
    assert status == 0, printed
    token: str = cli.config()["global"]["cloud"]["access_token"]
    return token


def wait_for_the_edge(cli: Cli, plane: Secured) -> None:
    """It hears of a login a moment after the CLI does."""
    caller = plane.environment.using(cli.config()["global"]["cloud"]["access_token"])
    until(lambda: caller.admin("GET", "/version").status_code == 200)


def works_with(cli: Cli, plane: Secured) -> None:
    """What a user does after logging in, word for word as documented."""
    home = plane.environment
    cli.configure()
    wait_for_the_edge(cli, plane)
    shown = cli.run("whoami")
    assert "Logged in?      true" in shown
    assert f"Admin Service '{home.admin_url}/' is healthy!" in shown
    cli.run("services", "list")
    cli.run("config", "use-environment", "local")
    assert home.admin_url not in cli.run("whoami")


@pytest.mark.parametrize("way", WAYS)
def test_logging_in(plane: Secured, ada: Person, new_cli: NewCli, way: str) -> None:
    version, settings = WAYS[way]
    cli = new_cli(version, **settings)
    login = Login(cli)
    assert bool(login.user_code) == way.endswith("device")
    login.decided_by(ada)
    status, printed = login.ended()
    assert (status, "Updated" in printed) == (0, True), printed
    works_with(cli, plane)
    sessions = ada.call("GET", "/auth/sessions").json()["items"]
    assert any(one["client"] == "restate-cli" and f"restate-cli/{version}" in one["userAgent"] for one in sessions)


def test_version_1_5_refuses_a_private_authority(plane: Secured, ada: Person, new_cli: NewCli) -> None:
    cli = new_cli("1.5.6", **OF_1_5)
    login = Login(cli)
    login.decided_by(ada)
    assert login.ended()[0] == 1
    assert "access_token" not in cli.config()["global"]["cloud"]
    by_hand = new_cli("1.5.6", access_token=ada.token)
    home = plane.environment
    status, printed = by_hand.attempt("cloud", "env", "configure", f"{home.account_name}/{home.name}", "--yes")
    assert (status, "UnknownIssuer" in printed) == (1, True), printed


def test_version_1_5_works_over_plain_http_with_a_token_written_down(
    plane: Secured, ada: Person, new_cli: NewCli
) -> None:
    cli = new_cli("1.5.6", api_base_url=f"http://{HOST}", access_token=ada.token)
    works_with(cli, plane)


def test_version_1_5_logs_in_by_redirect_where_it_trusts_the_certificate(
    plane: Secured, ada: Person, new_cli: NewCli, tmp_path: Path
) -> None:
    cli = new_cli("1.5.6", **OF_1_5)
    cli.binary = trusting_copy(cli.binary, plane.authority, tmp_path / "restate-that-trusts-us")
    logged_in(cli, ada)
    works_with(cli, plane)


def test_a_refused_device_is_told_so(ada: Person, new_cli: NewCli) -> None:
    cli = new_cli("1.7.12")
    login = Login(cli)
    login.decided_by(ada, "deny")
    status, printed = login.ended()
    assert (status, "denied" in printed) == (1, True), printed
    assert "access_token" not in cli.config()["global"]["cloud"]


def test_the_cli_refuses_an_answer_it_did_not_ask_for(ada: Person, new_cli: NewCli) -> None:
    cli = new_cli("1.6.2")
    login = Login(cli)
    forged = {"code": "x" * 43, "state": "0" * 32, "iss": f"https://{HOST}"}
    login.browser_opens(f"{login.asked['redirect_uri']}?{urlencode(forged)}")
    assert login.ended()[0] == 1
    assert "access_token" not in cli.config()["global"]["cloud"]


@pytest.mark.parametrize("version", ["1.7.12", "1.6.2", "1.5.6"])
def test_an_expired_token_gets_the_clis_own_words(new_cli: NewCli, version: str) -> None:
    claims = base64.urlsafe_b64encode(b'{"exp": 1700000000}').decode().rstrip("=")
    cli = new_cli(version, access_token=f"e30.{claims}.x")
    status, printed = cli.attempt("cloud", "env", "configure", "a/b", "--yes")
    assert (status, "credentials have expired" in printed) == (1, True), printed


def test_what_ended_is_over_at_the_edge_and_for_the_rpc(plane: Secured, ada: Person, new_cli: NewCli) -> None:
    home, cli = plane.environment, new_cli("1.7.12")
    token = logged_in(cli, ada)
    cli.configure(f"{home.account_name}/{home.name}")
    wait_for_the_edge(cli, plane)
    cli.run("services", "list")
    programs = [one for one in ada.call("GET", "/auth/sessions").json()["items"] if one["kind"] == "program"]
    session = max(programs, key=lambda one: str(one["createdAt"]))
    assert ada.call("DELETE", f"/auth/sessions/{session['sessionId']}").status_code == 204
    until(lambda: home.using(token).admin("GET", "/services").status_code == 401)
    status, printed = cli.attempt("services", "list")
    assert status == 1, printed
    status, printed = cli.attempt("cloud", "env", "configure", f"{home.account_name}/{home.name}", "--yes")
    assert (status, "401 Unauthorized" in printed) == (1, True), printed


def test_a_removed_member_reaches_nothing_any_more(plane: Secured, ada: Person, new_cli: NewCli) -> None:
    home, bob, cli = plane.environment, sign_up(plane.plane.api_url), new_cli("1.6.2")
    bob_id = bob.call("GET", "/auth/me").json()["user"]["userId"]
    invited = ada.created(f"/accounts/{home.account_id}/invitations", email=bob.email, role="developer")
    bob.created("/invitations/accept", invitationId=invited["invitationId"])
    logged_in(cli, bob)
    cli.configure(f"{home.account_name}/{home.name}")
    until(lambda: cli.attempt("services", "list")[0] == 0)
    assert ada.call("DELETE", f"/accounts/{home.account_id}/members/{bob_id}").status_code == 204
    until(lambda: cli.attempt("services", "list")[0] == 1)
    status, printed = cli.attempt("cloud", "env", "configure", f"{home.account_id}/{home.name}", "--yes")
    assert (status, home.admin_url in printed) == (1, False), printed


@pytest.fixture
def workos(plane: Secured, ada: Person) -> Iterator[WorkOs]:
    """WorkOS's stand-in as a provider of the plane, where Ada is known too."""
    with running() as standing_in:
        standing_in.users["user_01ADA"]["email"] = ada.email
        provider = {"kind": "workos", "name": "WorkOS", "clientId": CLIENT_ID, "clientSecret": API_KEY}
        made = ada.again().created("/sso-providers", **provider, apiBaseUrl=standing_in.url)
        yield standing_in
        assert ada.call("DELETE", f"/sso-providers/{made['provider']}").is_success


@pytest.mark.parametrize("version", ["1.7.12", "1.6.2"])
def test_logging_in_at_workos_itself(plane: Secured, ada: Person, workos: WorkOs, tmp_path: Path, version: str) -> None:
    """There the name is not the plane's; the plane takes the token that WorkOS gave."""
    port = urlsplit(workos.url).port or 0
    own = [urlsplit(url).port or 0 for url in (plane.environment.ingress_url, plane.environment.admin_url)]
    with in_front_of(port, *plane.certificate) as tls_port:
        forwards = {443: tls_port, 80: plane.plane.base, **{one: one for one in own}}
        with OwnNetwork([HOST, WORKOS], forwards) as network:
            cli = plane.cli(version, tmp_path, api_base_url=f"http://{HOST}")
            cli.network = network
            printed = cli.run("cloud", "login")
            assert "authkit.example/device and enter code: ABCD-EFGH" in printed
            works_with(cli, plane)
    sessions = ada.call("GET", "/auth/sessions").json()["items"]
    assert any(str(one["client"]).startswith("workos:") and one["kind"] == "program" for one in sessions)


@pytest.mark.parametrize("way", ["1.7.12 by device", "1.6.2 by redirect"])
def test_a_person_decides_in_a_browser(plane: Secured, ada: Person, new_cli: NewCli, way: str) -> None:
    version, settings = WAYS[way]
    cli = new_cli(version, **settings)
    login = Login(cli)
    with visiting(HOST, plane.tls_port) as page:
        # The CLI listens where this browser cannot reach it.
        page.route("http://localhost:*/**", lambda route: route.fulfill(body=login.browser_opens(route.request.url)))
        page.goto(login.address)
        page.get_by_label("E-mail address").fill(ada.email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_role("heading", name="act as you?").wait_for()
        page.get_by_role("button", name="Approve").click()
        page.wait_for_url(re.compile(r"http://localhost:\d+/callback\?|/device\?outcome=approved"))
        status, printed = login.ended()
    assert (status, "Updated" in printed) == (0, True), printed

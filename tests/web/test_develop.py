"""An environment's Develop and Security pages: keys, tunnels, Lambda, and the key that services trust."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, expect

from embedded.layout import locate
from tests.support import services, workload_issuer
from tests.support.aws_double import AwsDouble, Role
from tests.support.browser import chromium, page
from tests.support.cast import enrol
from tests.support.cli import Cli
from tests.support.looking import faults, picture, too_wide
from tests.support.plane import CHECKOUT, Plane
from tests.support.services import Service, lambda_host
from tests.support.tenants import Environment, create_environment, sign_up
from tests.support.tunnel_command import TunnelCommand
from tests.support.visiting import sign_in, site
from tests.support.waiting import until

pytestmark = pytest.mark.system
__all__ = ["chromium", "page", "site"]

FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:greeter:live"
PAGES = {
    "api-keys": "API keys",
    "try": "Try a service",
    "tunnels": "Tunnels",
    "kafka": "Kafka",
    "ci": "CI",
    "http-services": "HTTP services",
    "lambda": "AWS Lambda",
    "outbound": "Outbound policy",
}


@pytest.fixture(scope="module")
def home(plane: Plane) -> Environment:
    return create_environment(sign_up(plane.api_url))


@pytest.fixture(scope="module")
def service(home: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with services.typescript(tmp_path_factory.mktemp("service"), [home.signing_public_key]) as running:
        yield running


def section(home: Environment, name: str) -> str:
    return f"/console{home.path}/{name}"


def test_a_key_works_until_it_is_revoked(page: Page, site: str, home: Environment) -> None:
    sign_in(page, site, home.owner, section(home, "api-keys"))
    page.get_by_role("button", name="New API key").click()
    page.get_by_label("Description").fill("pipeline")
    page.get_by_role("radio", name="Admin").check()
    page.get_by_text("Restrictions", exact=True).last.click()
    page.get_by_label("Requests per second").fill("none")
    page.get_by_label("Networks").fill("127.0.0.0/8")
    page.get_by_role("button", name="Create API key").click()
    expect(page.get_by_text("requestsPerSecond is a whole number from 1 to 1000000.")).to_be_visible()
    page.get_by_label("Requests per second").fill("1000")
    page.get_by_role("button", name="Create API key").click()

    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Your new API key")).to_be_visible()
    assert faults(page) == []
    assert dialog.evaluate("dialog => dialog.scrollWidth - dialog.clientWidth") == 0
    secret = dialog.locator("code").first.inner_text()
    caller = home.using(secret)
    until(lambda: caller.admin("GET", "/version").status_code != 401)
    assert caller.admin("GET", "/version").status_code == 200
    assert caller.ingress("GET", "/restate/health").status_code == 403
    dialog.get_by_role("button", name="I have copied it").click()

    row = page.get_by_role("row").filter(has_text="pipeline")
    expect(row).to_contain_text("From 127.0.0.0/8")
    expect(row).to_contain_text("At most 1,000 requests/s")
    assert secret not in page.content()
    picture(page, "api-keys")
    page.get_by_role("button", name="Revoke pipeline").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke", exact=True).click()
    expect(page.get_by_text("pipeline is revoked.")).to_be_visible()
    expect(row).to_have_count(0)
    until(lambda: caller.admin("GET", "/version").status_code == 401)


def test_a_tunnel_is_seen_live(
    page: Page, site: str, plane: Plane, home: Environment, service: Service, tmp_path: Path
) -> None:
    cli = Cli("1.5.6", tmp_path)
    cli.sign_in(home.owner.token, plane.api_url)
    cli.configure(f"{home.account_name}/{home.name}")
    sign_in(page, site, home.owner, section(home, "tunnels"))
    page.get_by_label("Tunnel name").fill("a tunnel")
    expect(page.get_by_role("region", name="Open it")).to_have_count(0)
    page.get_by_label("Tunnel name").fill("desk")
    page.get_by_label("Port of the service").fill(str(service.port))
    opening = shlex.split(page.get_by_role("region", name="Open it").inner_text())
    registering = shlex.split(page.get_by_role("region", name="Register the service").inner_text())
    assert opening[:4] == ["restate", "cloud", "env", "tunnel"]
    with TunnelCommand(cli, *opening[4:]) as tunnel:
        row = page.get_by_role("row").filter(has_text="desk")
        expect(row).to_contain_text("Connected")
        cli.run(*registering[1:], "--yes")
        caller = home.using(home.api_key())
        assert caller.invoke("/greeter/ada/greet", "Hello") == "Hello ada for the 1-th time."
        expect(row.get_by_text(re.compile(r"to the service"))).not_to_have_text(re.compile(r"^0 B"))
        picture(page, "tunnels")
        assert tunnel.interrupt() == 0
        expect(row).to_contain_text("Gone")


def test_the_lambda_doctor_names_what_is_wrong(
    page: Page, site: str, home: Environment, aws: AwsDouble, tmp_path: Path
) -> None:
    role = "arn:aws:iam::123456789012:role/OfThePage"
    sign_in(page, site, home.owner, section(home, "lambda"))
    shown = page.get_by_role("region", name="Format: JSON").inner_text()
    aws.roles[role] = Role(json.loads(shown.replace(home.environment_id, "env_of_somebody_else")), {FUNCTION})
    page.get_by_label("ARN of the function").fill(FUNCTION)
    page.get_by_label("ARN of the invoker role").fill(role)
    page.get_by_role("button", name="Try the function").click()
    expect(page.get_by_text("It is not ready to be registered.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="assume_role").get_by_label("failed")).to_be_visible()

    page.get_by_label("Trust policy").fill(shown.replace(home.environment_id, "env_of_somebody_else"))
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_text(re.compile(r"Statement \d"))).not_to_have_count(0)
    aws.roles[role] = Role(json.loads(shown), {FUNCTION})
    with lambda_host(tmp_path, [home.signing_public_key]) as host:
        aws.functions[FUNCTION] = host.url
        page.get_by_role("button", name="Try the function").click()
        expect(page.get_by_text("It serves LambdaGreeter.")).to_be_visible()
    command = page.get_by_role("region", name="Register it").inner_text()
    assert command == f"restate deployments register --assume-role-arn {role} {FUNCTION}"
    picture(page, "lambda")


def test_the_key_is_changed_and_reloading_goes_on(page: Page, site: str, plane: Plane, tmp_path: Path) -> None:
    mine = create_environment(sign_up(plane.api_url))
    caller = mine.using(mine.api_key())
    with services.typescript(tmp_path, [mine.signing_public_key]) as server:
        assert caller.register(server.url).status_code == 201
        sign_in(page, site, mine.owner, section(mine, "http-services"))
        page.get_by_role("button", name="Publish next key").click()
        code = page.get_by_role("region", name="Language: TypeScript")
        expect(code).to_contain_text(re.compile(r"publickeyv1_\w+\W+publickeyv1_\w+"))
        page.get_by_role("button", name="Switch to the next key").click()
        page.get_by_role("dialog").get_by_role("button", name="Switch to the next key").click()
        expect(page.get_by_role("alert").filter(has_text="Not switched")).to_contain_text(server.url)

        server.stop()
        server.accept_only(re.findall(r"publickeyv1_\w+", code.inner_text())).start()
        page.reload()
        page.get_by_role("button", name="Check again").click()
        row = page.get_by_role("row").filter(has_text=server.url)
        expect(row.get_by_text("Accepts")).to_have_count(2)
        page.get_by_role("button", name="Switch to the next key").click()
        page.get_by_role("dialog").get_by_role("button", name="Switch to the next key").click()
        expect(page.get_by_role("button", name="Finish", exact=True)).to_be_enabled()
        assert caller.invoke("/greeter/ada/greet", "Hello") == "Hello ada for the 1-th time."
        page.reload()
        expect(page.get_by_role("button", name="Roll back")).to_be_enabled()
        picture(page, "http-services")
        page.get_by_role("button", name="Finish", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Finish", exact=True).click()
        expect(page.get_by_role("heading", name="Earlier keys")).to_be_visible()
        assert mine.signing_public_key in page.get_by_role("region", name="Earlier keys").inner_text()


def test_a_service_is_tried_with_findings_in_words(page: Page, site: str, home: Environment, service: Service) -> None:
    sign_in(page, site, home.owner, section(home, "try"))
    page.get_by_label("URL of the service").fill("http://10.1.2.3:9080")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("listitem").filter(has_text="policy").get_by_label("failed")).to_be_visible()
    page.get_by_label("URL of the service").fill(service.url)
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("region", name="Register it")).to_have_text(f"restate deployments register {service.url}")


def test_additions_to_the_policy_are_saved_or_refused_in_words(page: Page, site: str, home: Environment) -> None:
    sign_in(page, site, home.owner, section(home, "outbound"))
    page.get_by_label("Networks").fill("10.20.0.1/16")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Networks")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Networks").fill("10.20.0.0/16")
    page.get_by_label("Names").fill("*.corp.example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The outbound policy is saved.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Networks")).to_have_value("10.20.0.0/16")
    expect(page.get_by_label("Names")).to_have_value("*.corp.example")


def test_jobs_are_let_in_by_a_rule_and_told_of(page: Page, site: str, home: Environment) -> None:
    sign_in(page, site, home.owner, section(home, "ci"))
    page.get_by_role("button", name="New rule").click()
    page.get_by_label("Conditions").fill("ref=refs/heads/main")
    with workload_issuer.running() as issuer:
        pinned = {name: issuer.usual[name] for name in ("repository", "repository_id", "ref")}
        page.get_by_label("Issuer").fill(issuer.url)
        page.get_by_role("button", name="Create rule").click()
        expect(page.get_by_role("alert")).to_contain_text("Nothing says whose repository a token is of")
        assert faults(page) == []
        page.get_by_label("Conditions").fill("\n".join(f"{name}={value}" for name, value in pinned.items()))
        page.get_by_role("button", name="Create rule").click()
        row = page.get_by_role("row").filter(has_text="deploy")
        expect(row).to_contain_text(f"repository={pinned['repository']}")
        page.get_by_role("button", name="In your job: deploy").click()
        shown = page.get_by_role("dialog").get_by_role("region").inner_text()
        audience = f"{site}/environments/{home.environment_id}"
        assert shown == documented_job().replace("$PLANE/environments/$ENVIRONMENT", audience).replace(
            "https://plane.example.com", site
        ).replace("env_01k9e3x0hq7m2c4b6d8f0g2j4k6", home.environment_id)
        page.get_by_role("dialog").get_by_label("Close").click()
        assert exchanged(site, home, issuer.token(audience)).status_code == 200
        assert exchanged(site, home, issuer.token(audience, ref="refs/heads/dev")).status_code == 400
    page.reload()
    expect(row).to_contain_text("ref is 'refs/heads/dev'")
    expect(row).not_to_contain_text("Never")
    assert faults(page) == []
    picture(page, "ci")
    page.get_by_role("button", name="Delete deploy").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("heading", name="No rule yet")).to_be_visible()


def documented_job() -> str:
    """The one of docs/ci.md for GitHub, which tests/system/test_ci.py runs."""
    found = re.search(r"```yaml\n(.*?)\n```", (CHECKOUT / "docs/ci.md").read_text(), re.DOTALL)
    assert found
    return found[1]


def exchanged(site: str, home: Environment, token: str) -> httpx2.Response:
    """What the platform's token is given (RFC 8693)."""
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "subject_token": token,
        "audience": home.environment_id,
    }
    return httpx2.post(f"{site}/oauth2/token", data=form, timeout=30)


def test_a_viewer_sees_and_cannot_act(page: Page, site: str, plane: Plane, home: Environment) -> None:
    viewer = sign_up(plane.api_url)
    enrol(locate(plane.env), home.account_id, {viewer.email: "viewer"})
    home.owner.created(f"{home.path}/api-keys", description="for all to see", role="ingress")
    sign_in(page, site, viewer, section(home, "api-keys"))
    expect(page.get_by_role("rowheader").filter(has_text="for all to see")).to_be_visible()
    offered = {
        "api-keys": ["New API key", "Revoke for all to see"],
        "http-services": ["Publish next key"],
        "lambda": ["Try the function"],
        "try": ["Try it"],
        "outbound": ["Save"],
    }
    for name, buttons in offered.items():
        page.goto(f"{site}{section(home, name)}")
        for button in buttons:
            expect(page.get_by_role("button", name=button)).to_be_disabled()
        expect(page.get_by_text("Your role in this account, viewer, does not permit this.").first).to_be_visible()
    expect(page.get_by_role("link", name="Kafka")).to_be_visible()
    expect(page.get_by_role("link", name="CI", exact=True)).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_read_well(page: Page, site: str, home: Environment, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    sign_in(page, site, home.owner, section(home, "api-keys"))
    for name, title in PAGES.items():
        page.goto(f"{site}{section(home, name)}")
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(page.locator(".skeleton")).to_have_count(0)
        assert (name, faults(page)) == (name, [])
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert (name, too_wide(page)) == (name, 0)
            picture(page, f"{name}-{width}-{scheme}")

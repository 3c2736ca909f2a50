"""What people do with their environments and accounts in the console, in a real browser at a real plane."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import APIResponse, Browser, Page, Route, expect

from tests.support import services
from tests.support.browser import chromium, page
from tests.support.looking import faults, picture, too_wide, watched
from tests.support.plane import Plane
from tests.support.tenants import Environment, create_environment, sign_up
from tests.support.visiting import sign_in, site
from tests.support.waiting import until

pytestmark = pytest.mark.system
__all__ = ["chromium", "page", "site"]
SCHEMES = ("light", "dark")
WIDTHS = (390, 1280)
MANY = 10_000
CALLS = 7
PAGES = {
    "environments": ("/console/accounts/{account}/environments", "Environments"),
    "overview": ("/console{path}/overview", "dev"),
    "connect": ("/console{path}/connect?with=typescript", "Connect"),
    "operations": ("/console{path}/operations", "Operations"),
    "settings": ("/console{path}/settings", "Settings"),
    "usage": ("/console/accounts/{account}/usage", "Usage"),
    "account-settings": ("/console/accounts/{account}/settings", "Account settings"),
}


@contextmanager
def answers_late(page: Page, address: str) -> Iterator[list[Route]]:
    """The first answer from there is one of its time, and comes at the end of the block. All other calls pass."""
    first: list[Route] = []

    def hold(route: Route) -> None:
        if first:
            route.continue_()
            return
        first.append(route)
        answers.append(route.fetch())

    answers: list[APIResponse] = []
    page.route(address, hold)
    yield first
    for route, answer in zip(first, answers, strict=True):
        route.fulfill(response=answer)


@pytest.fixture(scope="module")
def environment(plane: Plane) -> Environment:
    """One that is looked at; what is deleted in a test is another."""
    return create_environment(sign_up(plane.api_url))


def test_where_there_are_several_regions_one_is_chosen(page: Page, site: str, plane: Plane) -> None:
    person = sign_up(plane.api_url)
    account = person.created("/accounts", name=f"a{uuid4().hex[:20]}")["accountId"]
    sign_in(page, site, person, f"/console/accounts/{account}/environments/new")
    expect(page.get_by_role("button", name="Create environment")).to_be_visible()
    expect(page.get_by_label("Region")).to_have_count(0)
    regions = [{"region": "eu-1", "isDefault": False}, {"region": "local", "isDefault": True}]
    page.route("**/api/v1/regions", lambda route: route.fulfill(json={"items": regions}))
    page.reload()
    expect(page.get_by_label("Region")).to_have_value("local")
    page.get_by_label("Region").select_option("eu-1")
    page.get_by_role("button", name="Create environment").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no region 'eu-1'. Regions here: local.")
    page.get_by_label("Region").select_option("local")
    page.get_by_role("button", name="Create environment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connect")


def test_the_exported_numbers_are_those_of_the_page(
    page: Page, site: str, environment: Environment, tmp_path: Path
) -> None:
    with services.typescript(tmp_path, [environment.signing_public_key]) as service:
        caller = environment.using(environment.api_key())
        assert caller.register(service.url).is_success
        for _ in range(CALLS):
            caller.invoke("/greeter/ada/greet", "Hello")
    account = f"/accounts/{environment.account_id}"

    def known() -> bool:
        # The edge and the engine are counted each at its own time: a page opened between the two shows other numbers.
        items = environment.owner.call("GET", f"{account}/usage").json()["items"]
        return all(sum(int(one[name]) for one in items) >= CALLS for name in ("requests", "invocations"))

    until(known, 90)
    sign_in(page, site, environment.owner, f"/console{account}/usage")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="dev"))
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    lines = list(csv.DictReader(download.value.path().read_text().splitlines()))
    sums = [sum(int(line[name]) for line in lines) for name in ("requests", "errors", "invocations")]
    assert sums[0] >= CALLS
    for place, one in enumerate(sums):
        expect(row.get_by_role("cell").nth(place)).to_have_text(f"{one:,}")


def test_limits_and_read_only_hold_as_the_page_says(page: Page, site: str, environment: Environment) -> None:
    owner = environment.owner
    sign_in(page, site, owner, f"/console{environment.path}/settings")
    seconds = page.get_by_label("Requests per second")
    seconds.fill("-3")
    page.get_by_role("button", name="Save limits").click()
    expect(seconds).to_have_attribute("aria-invalid", "true")
    seconds.fill("99999")
    page.get_by_role("button", name="Save limits").click()
    refusal = page.get_by_role("alert")
    expect(refusal).to_contain_text("Request id:")
    seconds.fill("40")
    page.get_by_role("button", name="Save limits").click()
    expect(page.get_by_text("The limits hold from now on.")).to_be_visible()
    assert owner.call("GET", f"{environment.path}/limits").json()["limits"]["requestsPerSecond"] == 40

    page.get_by_role("button", name="Make it read-only").click()
    page.get_by_role("dialog").get_by_role("button", name="Make it read-only").click()
    expect(page.get_by_role("button", name="Allow changes")).to_be_visible()
    assert owner.call("GET", environment.path).json()["readOnly"] is True
    page.get_by_role("button", name="Allow changes").click()
    page.get_by_role("dialog").get_by_role("button", name="Allow changes").click()
    expect(page.get_by_role("button", name="Make it read-only")).to_be_visible()


def test_the_overview_leads_into_the_engines_own_ui(page: Page, site: str, environment: Environment) -> None:
    sign_in(page, site, environment.owner, f"/console{environment.path}/overview")
    link = page.get_by_role("link", name="Open engine UI")
    expect(link).to_have_attribute("href", f"{environment.path}/ui")
    expect(link).to_have_attribute("rel", "noopener")
    page.get_by_role("button", name="24 hours").click()
    expect(page).to_have_url(f"{site}/console{environment.path}/overview?window=24h")
    page.reload()
    expect(page.get_by_role("button", name="24 hours")).to_have_attribute("aria-pressed", "true")


def test_ten_thousand_environments_are_listed_without_ten_thousand_rows(
    page: Page, site: str, environment: Environment
) -> None:
    one = environment.owner.call("GET", environment.path).json()

    def all_at_once(route: Route) -> None:
        items = [{**one, "environmentId": f"env_{index}", "name": f"env-{index}"} for index in range(MANY)]
        route.fulfill(content_type="application/json", body=json.dumps({"items": items, "next": None}))

    page.route(f"**/api/v1/accounts/{environment.account_id}/environments?*", all_at_once)
    sign_in(page, site, environment.owner, f"/console/accounts/{environment.account_id}/environments")
    expect(page.get_by_role("rowheader", name="env-0", exact=True)).to_be_visible()
    assert page.locator("tbody tr").count() < 200
    page.keyboard.press("End")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.get_by_role("rowheader", name=f"env-{MANY - 1}", exact=True)).to_be_visible()


def test_a_new_account_name_that_is_refused_is_told_and_stays_typed(
    page: Page, site: str, environment: Environment
) -> None:
    account = f"/accounts/{environment.account_id}"
    old, new = environment.owner.call("GET", account).json()["name"], f"b{uuid4().hex[:20]}"
    said = {"code": "conflict", "message": "Another change is under way. Try again.", "details": {}}
    sign_in(page, site, environment.owner, f"/console{account}/settings")
    page.get_by_label("Account name").fill(new)

    def refuse(route: Route) -> None:
        # The change alone: what is read again after it is answered as ever.
        route.fulfill(status=409, json=said) if route.request.method == "PATCH" else route.continue_()

    page.route(f"**/api/v1{account}", refuse)
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("alert")).to_contain_text("Another change is under way.")
    expect(page.get_by_label("Account name")).to_have_value(new)
    expect(page.get_by_role("button", name=f"Account: {old}")).to_be_visible()
    page.unroute(f"**/api/v1{account}")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_text(f"The account is now called {new}.")).to_be_visible()
    expect(page.get_by_role("button", name="Rename")).to_be_disabled()


def test_an_account_is_renamed_and_then_deleted_by_its_name(page: Page, site: str, plane: Plane) -> None:
    """What is known of one's accounts is asked for after each; here the answer after the first comes last."""
    person = sign_up(plane.api_url)
    account = person.created("/accounts", name=f"a{uuid4().hex[:20]}")["accountId"]
    sign_in(page, site, person, f"/console/accounts/{account}/settings")
    name = f"b{uuid4().hex[:20]}"
    page.get_by_label("Account name").fill(name)
    with answers_late(page, "**/api/v1/auth/me") as asked:
        page.get_by_role("button", name="Rename").click()
        expect(page.get_by_role("button", name=f"Account: {name}")).to_be_visible()
        page.get_by_role("button", name="Delete account").click()
        page.get_by_role("dialog").get_by_label(f"Type {name} to confirm").fill(name)
        page.get_by_role("dialog").get_by_role("button", name="Delete account").click()
        expect(page.get_by_text(f"The account {name} is deleted.")).to_be_visible()
        assert asked
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_page_reads_well(chromium: Browser, plane: Plane, environment: Environment, scheme: str) -> None:
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    with watched(context, plane.api_url):
        page = context.new_page()
        sign_in(page, plane.api_url, environment.owner, f"/console{environment.path}/overview")
        for name, (address, heading) in PAGES.items():
            page.goto(plane.api_url + address.format(path=environment.path, account=environment.account_id))
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                expect(page.get_by_role("heading", level=1)).to_have_text(heading)
                expect(page.locator(".skeleton")).to_have_count(0)
                assert (faults(page), too_wide(page)) == ([], 0), f"{name} at {width}"
                picture(page, f"console-{name}-{width}-{scheme}")
    context.close()

"""From sign-up to a running environment in the console, in a real browser at a real plane."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import chromium, page
from tests.support.looking import faults, shifted, too_wide
from tests.support.plane import Plane
from tests.support.tenants import PASSWORD, sign_up
from tests.support.visiting import sign_in, site

pytestmark = pytest.mark.system
__all__ = ["chromium", "page", "site"]
MOST_TABS = 60


def test_a_newcomer_gets_to_a_running_environment(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_role("link", name="Sign up").first.click()
    page.get_by_label("E-mail address").fill(f"ada{uuid4().hex}@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()

    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()
    name = f"a{uuid4().hex[:20]}"
    page.get_by_label("Account name").fill("Not A Name")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_label("Account name")).to_be_focused()
    expect(page.get_by_label("Account name")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Account name").fill(name)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="No environment yet")).to_be_visible()
    page.get_by_role("link", name="New environment").click()
    page.get_by_role("button", name="Create environment").click()
    steps = page.get_by_role("listitem").filter(has_text="Start the engine")
    expect(steps).to_be_visible()
    expect(steps.get_by_label("done")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("Active", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Create an API key")).to_be_enabled()

    deep = page.url
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connect")
    assert page.url == deep
    page.keyboard.press("Control+k")
    page.keyboard.type("environments")
    page.keyboard.press("Enter")
    expect(page.get_by_role("rowheader", name="dev")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connect")


def reach(page: Page, target: Locator) -> None:
    """By the Tab key alone."""
    expect(target).to_be_visible()
    for _ in range(MOST_TABS):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"not reached: {target}")


def test_the_way_to_a_first_key_needs_no_mouse(page: Page, site: str) -> None:
    page.goto(site)
    reach(page, page.get_by_role("link", name="Sign up").first)
    page.keyboard.press("Enter")
    reach(page, page.get_by_label("E-mail address"))
    page.keyboard.type(f"ada{uuid4().hex}@example.com")
    reach(page, page.get_by_label("Password", exact=True))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    reach(page, page.get_by_label("Account name"))
    page.keyboard.type(f"a{uuid4().hex[:20]}")
    page.keyboard.press("Enter")
    reach(page, page.get_by_role("link", name="New environment"))
    page.keyboard.press("Enter")
    reach(page, page.get_by_role("button", name="Create environment"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="See that it answers: done")).to_be_attached()
    key = page.get_by_role("button", name="Create an API key")
    expect(key).to_be_enabled()
    reach(page, key)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Here is your key.")).to_be_visible()

    reach(page, page.get_by_role("link", name="API keys"))
    page.keyboard.press("Enter")
    opener = page.get_by_role("button", name="New API key")
    reach(page, opener)
    page.keyboard.press("Enter")
    reach(page, page.get_by_role("dialog").get_by_label("Description"))
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    reach(page, page.get_by_role("button", name="Revoke first steps"))
    page.keyboard.press("Enter")
    reach(page, page.get_by_role("dialog").get_by_role("button", name="Revoke", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No API key yet")).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()


def test_every_page_of_the_navigation_is_in_the_command_menu(page: Page, site: str, plane: Plane) -> None:
    person = sign_up(plane.api_url)
    plane.command("operator", "add", person.email)
    account = person.created("/accounts", name=f"a{uuid4().hex[:20]}")["accountId"]
    environment = person.created(f"/accounts/{account}/environments", name="dev")["environmentId"]
    sign_in(page, site, person, f"/console/accounts/{account}/environments/{environment}/overview")
    expect(page.get_by_role("heading", name="dev", level=1)).to_be_visible()
    links = page.locator("aside nav").get_by_role("link").all_inner_texts()
    opener = page.get_by_role("button", name="Search")
    opener.click()
    options = page.get_by_role("option")
    expect(options.filter(has_text="API documentation")).to_be_visible()
    offered = [text.split("\n")[0] for text in options.all_inner_texts()]
    assert len(links) >= 20
    assert sorted(set(links) - set(offered)) == []
    page.keyboard.type("kafka")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Kafka", level=1)).to_be_visible()
    expect(opener).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_list_reads_well(page: Page, site: str, plane: Plane, width: int, scheme: str) -> None:
    person = sign_up(plane.api_url)
    account = person.created("/accounts", name=f"a{uuid4().hex[:20]}")["accountId"]
    person.created(f"/accounts/{account}/environments", name="dev")
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    sign_in(page, site, person, f"/console/accounts/{account}/environments")
    expect(page.get_by_role("rowheader", name="dev")).to_be_visible()
    assert (faults(page), too_wide(page)) == ([], 0)
    assert shifted(page) < 0.05


def test_another_account_is_nothing_to_see(page: Page, site: str, plane: Plane) -> None:
    hers = sign_up(plane.api_url).created("/accounts", name=f"a{uuid4().hex[:20]}")["accountId"]
    stranger = sign_up(plane.api_url)
    sign_in(page, site, stranger, f"/console/accounts/{hers}/environments")
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()

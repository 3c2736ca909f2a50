"""What newcomers and guests do on the pages, from the first click to the last, in a real browser at a real plane."""

from __future__ import annotations

import subprocess
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import chromium, page
from tests.support.plane import Plane
from tests.support.tenants import PASSWORD, sign_up
from tests.support.visiting import fill_login, sign_in, site

pytestmark = pytest.mark.system
__all__ = ["chromium", "page", "site"]
WRONG = "The e-mail address or the password is wrong."


def test_a_newcomer_gets_from_nothing_to_an_answering_environment(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_role("link", name="Sign up").first.click()
    page.get_by_label("Name").fill("Ada Lovelace")
    page.get_by_label("E-mail address").fill(f"ada{uuid4().hex}@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()

    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()
    page.get_by_label("Account name").fill("Not A Name")
    page.get_by_role("button", name="Create account").click()
    expect(page.locator("#name-error")).to_contain_text("A name consists of lower-case letters")
    expect(page.get_by_label("Account name")).to_be_focused()
    page.get_by_label("Account name").fill(f"a{uuid4().hex[:20]}")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Create an environment")).to_be_visible()
    page.get_by_role("button", name="Create environment").click()
    page.get_by_role("heading", name="1. An API key").wait_for()
    expect(page.get_by_role("heading", level=1)).to_have_text("dev")
    page.get_by_role("button", name="Create an API key").click()
    expect(page.get_by_text("Here is your key.")).to_be_visible()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy curl line").click()
    expect(page.get_by_role("button", name="Copy curl line")).to_have_text("Copied")
    line: str = page.evaluate("navigator.clipboard.readText()")
    assert line == page.locator("#curl").inner_text()
    answered = subprocess.run(["sh", "-c", f"{line} --silent"], capture_output=True, text=True, check=True)
    assert answered.stdout == '{"deployments":[]}'

    page.reload()
    assert "key_" not in page.content()
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("link", name="dev")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(site)
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def test_a_deep_link_survives_signing_up_and_the_first_run(page: Page, site: str) -> None:
    page.goto(f"{site}/members?done=invited")
    assert urlsplit(page.url).path == "/login"
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("E-mail address").fill(f"u{uuid4().hex}@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.get_by_label("Account name").fill(f"a{uuid4().hex[:20]}")
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("button", name="Create environment").click()
    page.wait_for_url(f"{site}/members?done=invited")
    expect(page.get_by_text("The invitation is on its way.")).to_be_visible()


def test_the_back_button_leads_back_and_not_in_circles(page: Page, site: str, plane: Plane) -> None:
    person = sign_up(plane.api_url)
    person.created("/accounts", name=f"a{uuid4().hex[:20]}")
    sign_in(page, site, person)
    page.get_by_role("link", name="Mail").click()
    page.get_by_role("heading", name="Mail").wait_for()
    page.go_back()
    expect(page.get_by_role("heading", name="Security")).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("heading", name="Mail")).to_be_visible()


@pytest.mark.parametrize("goal", ["//evil.example/x", "/\\evil.example", "javascript:alert(1)", "/%2f/evil.example"])
def test_nobody_is_sent_elsewhere_after_signing_in(page: Page, site: str, plane: Plane, goal: str) -> None:
    person = sign_up(plane.api_url)
    page.goto(f"{site}/login?next={goal}")
    fill_login(page, person.email)
    page.get_by_role("heading", name="Create an account").wait_for()
    assert page.url == f"{site}/start"


def test_what_is_wrong_is_said_beside_it_in_the_words_of_the_api(page: Page, site: str, plane: Plane) -> None:
    person = sign_up(plane.api_url)
    page.goto(f"{site}/login")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#email-error")).to_have_text("Please fill this in.")
    expect(page.get_by_label("E-mail address")).to_be_focused()
    for email in (person.email, f"nobody{uuid4().hex}@example.com"):
        fill_login(page, email, "not the password")
        expect(page.get_by_role("alert").filter(has_text=WRONG)).to_be_visible()
    page.goto(f"{site}/signup")
    page.get_by_label("E-mail address").fill("nonsense")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_role("button", name="Sign up").click()
    expect(page.locator("#email-error")).to_contain_text("This is not an e-mail address")
    expect(page.locator("#password-error")).to_contain_text("at least 10")
    assert page.get_by_label("Password", exact=True).get_attribute("aria-invalid") == "true"


def test_the_keyboard_alone_is_enough_to_sign_in(page: Page, site: str, plane: Plane) -> None:
    person = sign_up(plane.api_url)
    page.goto(f"{site}/login?next=/account/security")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(person.email)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/account/security")

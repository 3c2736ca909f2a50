"""What newcomers and guests do on the pages, from the first click to the last, in a real browser at a real plane."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import chromium, page
from tests.support.plane import Plane
from tests.support.tenants import PASSWORD, sign_up
from tests.support.visiting import fill_login, site

pytestmark = pytest.mark.system
__all__ = ["chromium", "page", "site"]
WRONG = "The e-mail address or the password is wrong."


def sign_up_from_here(page: Page) -> None:
    page.get_by_role("link", name="Sign up").first.click()
    page.get_by_label("E-mail address").fill(f"u{uuid4().hex}@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()


def test_a_newcomer_gets_into_the_console_and_from_their_security_back_to_it_and_out(page: Page, site: str) -> None:
    page.goto(site)
    sign_up_from_here(page)
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()
    assert page.url == f"{site}/console/accounts/new"
    page.goto(site)
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()

    page.get_by_role("button", name="You", exact=True).click()
    page.get_by_role("link", name="Security").click()
    expect(page.get_by_role("heading", name="Security", exact=True)).to_be_visible()
    page.get_by_role("link", name="Console", exact=True).click()
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Mail").click()
    expect(page.get_by_role("heading", name="Mail", exact=True)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Security", exact=True)).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(site)
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("goal", ["/device?user_code=AAAA-AAAA", "/invitation?token=inv_x.y", "/console/mail"])
def test_a_deep_link_survives_signing_up(page: Page, site: str, goal: str) -> None:
    page.goto(f"{site}{goal}")
    sign_up_from_here(page)
    page.wait_for_url(f"{site}{goal}")


@pytest.mark.parametrize("goal", ["//evil.example/x", "/\\evil.example", "javascript:alert(1)", "/%2f/evil.example"])
def test_nobody_is_sent_elsewhere_after_signing_in(page: Page, site: str, plane: Plane, goal: str) -> None:
    person = sign_up(plane.api_url)
    page.goto(f"{site}/login?next={goal}")
    fill_login(page, person.email)
    page.get_by_role("heading", name="Create an account").wait_for()
    assert page.url == f"{site}/console/accounts/new"


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

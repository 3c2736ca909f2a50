"""When something is in the way: an ended session, a domain that signs in elsewhere."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browser import chromium, page
from tests.support.plane import Plane
from tests.support.tenants import PASSWORD, sign_up
from tests.support.visiting import fill_login, refused, sign_in, site

pytestmark = pytest.mark.system
__all__ = ["chromium", "page", "site"]


def test_a_domain_that_signs_in_elsewhere_is_led_there(page: Page, site: str) -> None:
    sso = {"provider": "<b>Corp</b>", "startUrl": "/api/v1/auth/sso/corp"}
    page.route("**/auth/login", lambda route: refused(route, 403, "sso_required", "Elsewhere.", **sso))
    page.goto(f"{site}/login?next=/device")
    fill_login(page, "ada@corp.example")
    link = page.get_by_role("link", name="Continue there")
    expect(link).to_be_focused()
    expect(page.get_by_text("Your company signs in with <b>Corp</b>.")).to_be_visible()
    assert link.get_attribute("href") == f"{site}/api/v1/auth/sso/corp?next=%2Fdevice"


def test_a_hostile_address_of_a_provider_is_no_link(page: Page, site: str) -> None:
    sso = {"provider": "x", "startUrl": "javascript:alert(1)"}
    page.route("**/auth/login", lambda route: refused(route, 403, "sso_required", "Elsewhere.", **sso))
    page.goto(f"{site}/login")
    fill_login(page, "ada@corp.example")
    page.wait_for_function("document.getElementById('login').ariaBusy === 'false'")
    expect(page.get_by_role("link", name="Continue there")).to_have_count(0)


def test_a_form_waits_for_its_scripts(page: Page, site: str, plane: Plane) -> None:
    """Sent before them, it would go nowhere, and nobody would be told."""
    person, held = sign_up(plane.api_url), list[Route]()
    page.route("**/login.js", lambda route: held.append(route))  # noqa: PLW0108 - playwright marks it
    page.goto(f"{site}/login?next=/account/security", wait_until="commit")
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password", exact=True).press_sequentially(PASSWORD)
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_disabled()
    page.keyboard.press("Enter")
    held.pop().continue_()
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{site}/account/security")


def test_an_ended_session_leads_to_signing_in_and_back(page: Page, site: str, plane: Plane) -> None:
    person = sign_up(plane.api_url)
    sign_in(page, site, person)
    person.call("DELETE", "/auth/sessions")
    page.get_by_label("Name", exact=True).fill("Ada")
    page.get_by_role("button", name="Save name").click()
    page.wait_for_url(re.compile("/login"))
    fill_login(page, person.email)
    page.wait_for_url(f"{site}/account/security")

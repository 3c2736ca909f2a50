"""Second factors on the pages: set up, asked for, and changed only after a recent sign-in."""

from __future__ import annotations

from datetime import UTC, datetime

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Authenticator, chromium, on_localhost, page
from tests.support.plane import Plane
from tests.support.tenants import sign_up
from tests.support.visiting import fill_login, local, refused, sign_in, site

pytestmark = pytest.mark.system
__all__ = ["chromium", "local", "page", "site"]


def sign_out(page: Page, site: str) -> None:
    page.goto(f"{site}/account/security")
    page.get_by_role("button", name="Sign out").click()


def test_an_authenticator_app_is_set_up_and_asked_for(page: Page, site: str, plane: Plane) -> None:
    person = sign_up(plane.api_url)
    sign_in(page, site, person)
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert page.locator("#totp-qr").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    secret = page.locator("#totp-secret").inner_text()
    page.get_by_label("Six digits it shows now").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_focused()
    code = page.locator("#codes").inner_text().split()[0]
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("button", name="Switch off")).to_be_visible()
    assert code not in page.content()

    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    fill_login(page, person.email)
    expect(page.get_by_label("Code")).to_be_focused()
    page.get_by_label("Code").fill("000000")
    expect(page.locator("#code-form").get_by_role("alert")).not_to_be_empty()
    # The code of the next half minute: the present one has been used, and a clock may be a step ahead.
    page.get_by_label("Code").fill(pyotp.TOTP(secret).at(datetime.now(UTC), counter_offset=1))
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()

    sign_out(page, site)
    page.get_by_role("heading", name="Sign in").wait_for()
    fill_login(page, person.email)
    page.get_by_role("button", name="Use a recovery code").click()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()


def test_a_passkey_is_added_and_signs_in_alone(page: Page, local: str, plane: Plane) -> None:
    Authenticator(page)
    person = sign_up(plane.api_url)
    sign_in(page, local, person)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_label("Name of the passkey").fill("work laptop")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have kept them").click()
    rename = page.get_by_label("Name of passkey work laptop")
    rename.fill("<b>laptop</b>")
    page.get_by_role("button", name="Rename passkey work laptop").click()
    expect(page.get_by_text("The passkey has its new name.")).to_be_visible()
    expect(page.get_by_label("Name of passkey <b>laptop</b>")).to_have_value("<b>laptop</b>")

    # In the field for the address: the virtual authenticator's user picks the passkey as soon as it is offered.
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()
    # By the button, as in browsers that offer nothing in the field.
    page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
    sign_out(page, local)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()

    # As the second step, after the password.
    sign_out(page, local)
    fill_login(page, person.email)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()

    page.goto(f"{local}/account/security")
    page.get_by_role("button", name="Remove passkey").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()


def test_the_address_that_can_have_no_passkeys_names_the_one_that_can(page: Page, site: str) -> None:
    page.goto(f"{site}/login?next=/device")
    link = page.get_by_role("link", name="this page at localhost")
    assert link.get_attribute("href") == f"{on_localhost(site)}/login?next=/device"


def test_a_change_that_wants_a_recent_sign_in_offers_it_and_comes_back(page: Page, site: str, plane: Plane) -> None:
    person = sign_up(plane.api_url)
    sign_in(page, site, person)
    code = "recent_sign_in_required"
    page.route("**/auth/totp", lambda route: refused(route, 403, code, "Sign in again first."))
    page.get_by_role("button", name="Set up").click()
    alert = page.get_by_role("alert").filter(has_text="Sign in again first.")
    expect(alert).to_be_focused()
    alert.get_by_role("link", name="Sign in again").click()
    expect(page.get_by_label("E-mail address")).to_have_value(person.email)
    fill_login(page, person.email)
    page.wait_for_url(f"{site}/account/security")

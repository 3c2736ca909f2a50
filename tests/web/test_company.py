"""A company's own sign-in in the console: its domain proven, its provider connected, its people coming in by both."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.controlplane.domains.nameserver import NameServer
from tests.support import identity_provider
from tests.support.browser import alone, chromium, page
from tests.support.identity_provider import CLIENT_ID, CLIENT_SECRET
from tests.support.plane import Plane
from tests.support.tenants import sign_up
from tests.support.visiting import sign_in, site
from tests.web.looks import reads_well

pytestmark = pytest.mark.system
__all__ = ["chromium", "page", "site"]


def prove(page: Page, domain: str, names: NameServer) -> Locator:
    """The domain's card, once its record is found."""
    page.get_by_label("Domain", exact=True).fill(domain)
    page.get_by_role("button", name="Claim").click()
    card = page.get_by_role("article", name=domain)
    card.get_by_role("button", name=f"Verify {domain}").click()
    expect(card.get_by_role("alert")).to_contain_text("TXT")
    name, value = card.locator("dl code").all_inner_texts()
    names.records[name] = [value]
    card.get_by_role("button", name=f"Verify {domain}").click()
    expect(card.get_by_text("Verified", exact=True)).to_be_visible()
    return card


def connect(page: Page, issuer: str) -> Locator:
    """The card of the provider, which is called Corp."""
    page.get_by_role("button", name="Connect a provider").click()
    form = page.get_by_role("dialog", name="Connect a provider")
    form.get_by_label("Name", exact=True).fill("Corp")
    form.get_by_label("Issuer").fill(issuer)
    form.get_by_label("Client id").fill(CLIENT_ID)
    form.get_by_label("Client secret").fill(CLIENT_SECRET)
    form.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_text("Corp is connected.")).to_be_visible()
    return page.get_by_role("article", name="Corp", exact=True)


def let_in(rules: Locator, domain: str) -> None:
    """People of the domain may join as viewers, and have to come through Corp."""
    rules.get_by_label(f"People of {domain}").select_option("are shown this account")
    rules.get_by_label("as", exact=True).select_option("viewer")
    rules.get_by_label("Sign in through").select_option("Corp")
    rules.get_by_role("checkbox", name="Required").check()
    rules.get_by_role("button", name="Save").click()


def switch(page: Page, card: Locator, to: str) -> None:
    page.get_by_role("button", name=f"Switch {to.lower()} Corp").click()
    expect(card.get_by_text(to, exact=True)).to_be_visible()


def rename(page: Page, name: str, to: str) -> None:
    page.get_by_role("button", name=f"Edit {name}").click()
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill(to)
    page.get_by_role("dialog").get_by_role("button", name="Save").click()


def disconnect(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Disconnect {name}").click()
    page.get_by_role("dialog").get_by_role("button", name="Disconnect", exact=True).click()


def stays_out(page: Page, start: str) -> None:
    """Whoever is signed in no longer, and begins where the provider's people do."""
    page.context.clear_cookies(name="rc_session")
    page.goto(start)
    expect(page.get_by_role("alert")).to_contain_text("There is no such provider, or it is switched off.")


def through_provider(page: Page, address: str) -> None:
    """The provider's own sign-in and consent, which end at the plane again."""
    page.goto(address)
    page.locator("input[name=login]").fill("ada")
    page.locator("input[name=password]").fill("anything")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def test_people_come_in_by_their_companys_provider_until_it_is_switched_off(
    page: Page, chromium: Browser, site: str, plane: Plane, names: NameServer
) -> None:
    owner, domain = sign_up(plane.api_url), f"d{uuid4().hex[:12]}.example"
    account = owner.created("/accounts", name=f"a{uuid4().hex[:20]}")
    sign_in(page, site, owner, f"/console/accounts/{account['accountId']}/sso")
    rules = prove(page, domain, names)
    email = f"ada@{domain}"
    ada = {"email": email, "email_verified": True, "name": "Ada Lovelace"}
    # Her page is not under watch: it leaves for the company's provider.
    with identity_provider.running([], people={"ada": ada}) as provider, alone(chromium) as hers:
        card = connect(page, provider.issuer)
        issuer, redirect_uri, start = card.locator("dl code").all_inner_texts()
        assert issuer == provider.issuer
        provider.sends_to(redirect_uri)
        let_in(rules, domain)
        expect(page.get_by_text(f"The rules of {domain} are saved.")).to_be_visible()
        reads_well(page, "sso-connected")

        through_provider(hers, start)
        expect(hers.get_by_text(f"{account['name']} lets people of {domain} in, as viewer.")).to_be_visible()
        hers.get_by_role("button", name=f"Join {account['name']}").click()
        hers.wait_for_url(f"{site}/console/accounts/{account['accountId']}/environments")
        hers.get_by_role("link", name="Members").click()
        expect(hers.get_by_role("rowheader").filter(has_text="Ada Lovelace")).to_contain_text(email)

        switch(page, card, "Off")
        stays_out(hers, start)
        switch(page, card, "On")
        hers.goto(start)
        expect(hers).to_have_url(f"{site}/console/accounts/{account['accountId']}/environments")

        rename(page, "Corp", "Corp login")
        disconnect(page, "Corp login")
        expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("domain")
        page.keyboard.press("Escape")
        rules.get_by_label("Sign in through").select_option("any way")
        with page.expect_response(lambda answer: answer.request.method == "PATCH"):
            rules.get_by_role("button", name="Save").click()
        disconnect(page, "Corp login")
        expect(page.get_by_text("Corp login is disconnected.")).to_be_visible()
        expect(page.get_by_role("article", name="Corp login")).to_have_count(0)
        stays_out(hers, start)

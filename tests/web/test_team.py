"""A team in the console: invited, joined, looking only, then given a role; and the audit tells of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import alone, chromium, page
from tests.support.looking import watched
from tests.support.plane import Plane
from tests.support.tenants import Person, sign_up
from tests.support.visiting import sign_in, site
from tests.web.looks import reads_well

pytestmark = pytest.mark.system
__all__ = ["chromium", "page", "site"]


@contextmanager
def another(browser: Browser, site: str) -> Iterator[Page]:
    """A page of somebody else, on a machine of their own."""
    with alone(browser) as page, watched(page.context, site):
        yield page


def test_a_team_grows_and_its_roles_take_effect(page: Page, chromium: Browser, site: str, plane: Plane) -> None:
    owner, guest = sign_up(plane.api_url), sign_up(plane.api_url)
    account = owner.created("/accounts", name=f"a{uuid4().hex[:20]}")
    base = f"/console/accounts/{account['accountId']}"
    sign_in(page, site, owner, f"{base}/members")
    page.get_by_role("button", name="Invite").click()
    dialog = page.get_by_role("dialog", name="Invite somebody")
    dialog.get_by_role("button", name="Send the invitation").click()
    expect(dialog.get_by_label("E-mail address")).to_be_focused()
    dialog.get_by_label("E-mail address").fill(guest.email)
    dialog.get_by_role("radio", name="viewer").check()
    dialog.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("rowheader", name=guest.email)).to_be_visible()
    reads_well(page, "members")

    with another(chromium, site) as other:
        joins(other, site, guest, account["name"])
        expect(other.get_by_role("button", name="New environment")).to_be_disabled()
        other.get_by_role("link", name="Members").click()
        expect(other.get_by_role("rowheader", name=owner.email)).to_be_visible()
        expect(other.get_by_role("button", name="Invite")).to_be_disabled()
        expect(other.get_by_label(f"Role of {owner.email}")).to_have_count(0)
        expect(other.get_by_role("link", name="Audit")).to_have_count(0)

        page.reload()
        page.get_by_label(f"Role of {guest.email}").select_option("developer")
        expect(page.get_by_text(f"{guest.email} is now developer.")).to_be_visible()
        other.goto(f"{site}{base}/environments")
        expect(other.get_by_role("link", name="New environment")).to_be_visible()

        page.get_by_role("button", name=f"Remove {guest.email}").click()
        page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        expect(page.get_by_text(f"{guest.email} is removed; their access has ended.")).to_be_visible()
        expect(page.get_by_role("rowheader", name=guest.email)).to_have_count(0)
        expect(page.get_by_role("main")).to_be_focused()
        other.reload()
        expect(other.get_by_role("heading", name="Nothing here")).to_be_visible()


def joins(page: Page, site: str, guest: Person, account: str) -> None:
    """Reads of the invitation in the plane's own mail, and accepts it where newcomers begin."""
    sign_in(page, site, guest, "/console/mail")
    page.locator("summary").filter(has_text=guest.email).first.click()
    expect(page.get_by_role("link", name="/invitation?token=")).to_be_visible()
    reads_well(page, "mail")
    page.goto(f"{site}/console/")
    page.get_by_role("button", name=f"Join {account}").click()
    expect(page.get_by_text(f"You are a member of {account}.")).to_be_visible()


def test_an_invitation_s_link_leads_into_the_account_and_one_may_leave_it(page: Page, site: str, plane: Plane) -> None:
    owner, guest = sign_up(plane.api_url), sign_up(plane.api_url)
    account = owner.created("/accounts", name=f"a{uuid4().hex[:20]}")
    owner.created(f"/accounts/{account['accountId']}/invitations", email=guest.email, role="viewer")
    sign_in(page, site, guest, "/console/mail")
    page.locator("summary").filter(has_text=guest.email).first.click()
    page.get_by_role("link", name="/invitation?token=").click()
    expect(page.get_by_role("heading", name=f"Join {account['name']}")).to_be_visible()
    expect(page.get_by_text(f"{owner.email} invites you")).to_be_visible()
    expect(page.get_by_text("A viewer looks, and changes nothing.")).to_be_visible()
    page.get_by_role("button", name=f"Join {account['name']}").click()
    page.wait_for_url(f"{site}/console/accounts/{account['accountId']}/environments")
    page.get_by_role("link", name="Members").click()
    page.get_by_role("button", name=f"Leave {account['name']}").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave", exact=True).click()
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()


def test_who_has_an_account_is_told_of_invitations_where_they_are_at_home(page: Page, site: str, plane: Plane) -> None:
    owner, guest = sign_up(plane.api_url), sign_up(plane.api_url)
    guest.created("/accounts", name=f"a{uuid4().hex[:20]}")
    names = [f"b{uuid4().hex[:20]}" for _ in range(2)]
    for name in names:
        account = owner.created("/accounts", name=name)
        owner.created(f"/accounts/{account['accountId']}/invitations", email=guest.email, role="viewer")
    sign_in(page, site, guest, "/account/security")
    page.goto(site)
    page.get_by_role("button", name=f"Decline the invitation to {names[0]}").click()
    expect(page.get_by_text("The invitation is declined.")).to_be_visible()
    page.get_by_role("button", name=f"Join {names[1]}").click()
    page.wait_for_url(f"{site}/console/accounts/{account['accountId']}/environments")
    expect(page.get_by_role("region", name="Waiting for you")).to_have_count(0)


def test_who_owes_a_second_factor_is_led_to_one_and_sees_nothing_yet(page: Page, site: str, plane: Plane) -> None:
    owner, guest = sign_up(plane.api_url), sign_up(plane.api_url)
    account = owner.created("/accounts", name=f"a{uuid4().hex[:20]}")
    path = f"/accounts/{account['accountId']}"
    made = owner.created(f"{path}/invitations", email=guest.email, role="viewer")
    guest.created("/invitations/accept", invitationId=made["invitationId"])
    secret = owner.created("/auth/totp")["secret"]
    owner.created("/auth/totp/confirm", code=pyotp.TOTP(secret).now())
    assert owner.call("PATCH", path, json={"requireSecondFactor": True}).status_code == 200
    sign_in(page, site, guest, f"/console{path}/members")
    expect(page.get_by_text("requires a second factor of its members")).to_be_visible()
    expect(page.get_by_text(owner.email)).to_have_count(0)
    page.get_by_role("link", name="Set up a second factor").click()
    expect(page.get_by_role("heading", name="Security", exact=True)).to_be_visible()
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    hers = page.locator("#totp-secret").inner_text()
    page.get_by_label("Six digits").fill(pyotp.TOTP(hers).now())
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.goto(f"{site}/console{path}/members")
    expect(page.get_by_role("rowheader", name=owner.email)).to_be_visible()


def test_an_account_is_transferred_by_its_name(page: Page, site: str, plane: Plane) -> None:
    owner, heir = sign_up(plane.api_url), sign_up(plane.api_url)
    account = owner.created("/accounts", name=f"a{uuid4().hex[:20]}")
    path = f"/accounts/{account['accountId']}"
    made = owner.created(f"{path}/invitations", email=heir.email, role="developer")
    heir.created("/invitations/accept", invitationId=made["invitationId"])
    sign_in(page, site, owner, f"/console{path}/settings")
    page.get_by_label("To", exact=True).select_option(heir.email)
    page.get_by_role("button", name="Transfer").click()
    dialog = page.get_by_role("dialog", name="Transfer ownership")
    expect(dialog.get_by_role("button", name="Transfer")).to_be_disabled()
    dialog.get_by_label(f"Type {account['name']} to confirm").fill(account["name"])
    dialog.get_by_role("button", name="Transfer").click()
    expect(page.get_by_text(f"{heir.email} is now an owner; you are an admin.")).to_be_visible()
    expect(page.get_by_role("button", name="Delete account")).to_have_count(0)
    assert heir.call("GET", path).json()["role"] == "owner"


def test_the_last_owner_is_told_why_they_cannot_leave(page: Page, site: str, plane: Plane) -> None:
    owner = sign_up(plane.api_url)
    account = owner.created("/accounts", name=f"a{uuid4().hex[:20]}")
    sign_in(page, site, owner, f"/console/accounts/{account['accountId']}/members")
    page.get_by_role("button", name=f"Leave {account['name']}").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("last owner")
    expect(page.get_by_role("alert")).to_contain_text("Request id:")


def test_the_audit_tells_of_a_change_with_what_was_before(page: Page, site: str, plane: Plane) -> None:
    owner = sign_up(plane.api_url)
    old, new = f"a{uuid4().hex[:20]}", f"b{uuid4().hex[:20]}"
    account = owner.created("/accounts", name=old)
    assert owner.call("PATCH", f"/accounts/{account['accountId']}", json={"name": new}).status_code == 200
    sign_in(page, site, owner, f"/console/accounts/{account['accountId']}/audit")
    expect(page.get_by_text("The chain is intact")).to_be_visible()
    page.get_by_role("button", name="account.rename").click()
    table = page.get_by_role("region", name="Audit events")
    expect(table.get_by_role("cell", name=old)).to_be_visible()
    expect(table.get_by_role("cell", name=new)).to_be_visible()
    expect(table.get_by_text("req_")).to_be_visible()
    reads_well(page, "audit")

    page.get_by_label("Action").fill("account.create")
    expect(page.get_by_role("button", name="account.rename")).to_have_count(0)
    expect(page.get_by_role("button", name="account.create")).to_be_visible()
    assert "action=account.create" in page.url
    page.get_by_label("Action").fill("member.*")
    page.get_by_role("button", name="Clear the filters").click()
    expect(page.get_by_role("button", name="account.rename")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    assert '"type":"end"' in download.value.path().read_text().replace(" ", "")


def test_a_provider_that_is_none_and_a_domain_that_is_not_proven_are_told(page: Page, site: str, plane: Plane) -> None:
    owner = sign_up(plane.api_url)
    account = owner.created("/accounts", name=f"a{uuid4().hex[:20]}")
    sign_in(page, site, owner, f"/console/accounts/{account['accountId']}/sso")
    page.get_by_role("button", name="Connect a provider").click()
    dialog = page.get_by_role("dialog", name="Connect a provider")
    dialog.get_by_label("Name", exact=True).fill("Corp")
    dialog.get_by_label("Issuer").fill("https://127.0.0.1:1")
    dialog.get_by_label("Client id").fill("restate")
    dialog.get_by_role("button", name="Connect", exact=True).click()
    expect(dialog.get_by_role("alert").or_(dialog.locator("p.text-bad"))).to_be_visible()
    page.keyboard.press("Escape")

    domain = f"d{uuid4().hex[:12]}.example"
    page.get_by_label("Domain", exact=True).fill(domain)
    page.get_by_role("button", name="Claim").click()
    card = page.get_by_role("article", name=domain)
    expect(card.get_by_text("Not verified")).to_be_visible()
    expect(card.get_by_role("button", name="Copy Value of the TXT record")).to_be_visible()
    reads_well(page, "sso")
    card.get_by_role("button", name=f"Give up {domain}").click()
    page.get_by_role("dialog").get_by_role("button", name="Give up").click()
    expect(card).to_have_count(0)

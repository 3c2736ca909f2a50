"""Members on the pages: invited by mail, given roles, removed; and leaving."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import chromium, page
from tests.support.plane import Plane
from tests.support.tenants import sign_up
from tests.support.visiting import sign_in, site

pytestmark = pytest.mark.system
__all__ = ["chromium", "page", "site"]


def test_an_invitation_is_read_in_the_outbox_and_accepted(page: Page, site: str, plane: Plane) -> None:
    owner, guest = sign_up(plane.api_url), sign_up(plane.api_url)
    account = owner.created("/accounts", name=f"a{uuid4().hex[:20]}")
    sign_in(page, site, owner, f"/members?account={account['accountId']}")
    page.get_by_label("E-mail address").fill(guest.email)
    page.get_by_label("Role", exact=True).select_option("viewer")
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_text("The invitation is on its way.")).to_be_visible()
    expect(page.get_by_text(guest.email)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()

    sign_in(page, site, guest, "/outbox")
    page.get_by_role("link", name=re.compile("invitation")).click()
    expect(page.get_by_role("heading", name=f"Join {account['name']}")).to_be_visible()
    expect(page.get_by_text(f"{owner.email} invites you")).to_be_visible()
    page.get_by_role("button", name=f"Join {account['name']}").click()
    expect(page.get_by_text("Your role here is viewer.")).to_be_visible()
    page.goto(f"{site}/members?account={account['accountId']}")
    expect(page.get_by_text(owner.email)).to_be_visible()
    expect(page.get_by_role("heading", name="Invite")).to_have_count(0)
    page.get_by_role("button", name=f"Leave {account['name']}").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave", exact=True).click()
    page.get_by_role("heading", name="Create an account").wait_for()


def test_roles_are_changed_and_members_removed(page: Page, site: str, plane: Plane) -> None:
    owner, other = sign_up(plane.api_url), sign_up(plane.api_url)
    account = owner.created("/accounts", name=f"a{uuid4().hex[:20]}")
    owner.created(f"/accounts/{account['accountId']}/invitations", email=other.email, role="viewer")
    (invitation,) = other.call("GET", "/invitations").json()["items"]
    other.created("/invitations/accept", invitationId=invitation["invitationId"])
    sign_in(page, site, owner, f"/members?account={account['accountId']}")
    page.get_by_label(f"Role of {other.email}", exact=True).select_option("admin")
    page.get_by_role("button", name=f"Save the role of {other.email}").click()
    expect(page.get_by_text("The role is changed.")).to_be_visible()
    page.get_by_role("button", name=f"Leave {account['name']}").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="owner")).to_be_visible()
    page.get_by_role("button", name=f"Remove {other.email}").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name=f"Remove {other.email}").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The member is removed")).to_be_visible()
    expect(page.get_by_text(other.email)).to_have_count(0)

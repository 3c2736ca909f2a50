"""The operator's pages in the console: a runner is drained, environments are found, and nobody else gets in."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import chromium, page
from tests.support.plane import Plane
from tests.support.tenants import sign_up
from tests.support.visiting import sign_in, site
from tests.web.looks import reads_well

pytestmark = pytest.mark.system
__all__ = ["chromium", "page", "site"]


def test_a_runner_is_drained_and_takes_environments_again(page: Page, site: str, plane: Plane) -> None:
    operator = sign_up(plane.api_url)
    plane.command("operator", "add", operator.email)
    name = f"e{uuid4().hex[:20]}"
    account = operator.created("/accounts", name=f"a{uuid4().hex[:20]}")
    operator.created(f"/accounts/{account['accountId']}/environments", name=name)
    sign_in(page, site, operator, "/console/operator/runners")
    (runner,) = operator.call("GET", "/runners").json()["items"]
    row = page.get_by_role("row").filter(has_text=runner["runnerId"])
    expect(row.get_by_text("Alive", exact=True)).to_be_visible()
    reads_well(page, "runners")
    try:
        page.get_by_role("button", name=f"Drain {runner['runnerId']}").click()
        page.get_by_role("dialog").get_by_role("button", name="Drain", exact=True).click()
        expect(row.get_by_text("Draining", exact=True)).to_be_visible()
        assert operator.call("GET", "/runners").json()["items"][0]["draining"] is True
    finally:
        operator.call("PATCH", f"/runners/{runner['runnerId']}", json={"draining": False})
    expect(page.get_by_role("button", name=f"Drain {runner['runnerId']}", exact=True)).to_be_visible()

    page.get_by_role("link", name="All environments").click()
    page.get_by_label("Name or id").fill(name)
    expect(page.get_by_role("rowheader")).to_have_count(1)
    expect(page.get_by_role("rowheader")).to_contain_text(name)
    page.reload()
    expect(page.get_by_role("rowheader")).to_contain_text(name)
    reads_well(page, "all-environments")
    page.get_by_label("Status").select_option("DELETED")
    expect(page.get_by_text("No environment matches.")).to_be_visible()

    page.get_by_role("link", name="Versions").click()
    expect(page.get_by_role("region", name="Engines").get_by_role("rowheader").first).to_be_visible()
    reads_well(page, "versions")
    page.get_by_role("link", name="Sign-in providers").click()
    expect(page.get_by_role("button", name="Connect a provider")).to_be_visible()
    reads_well(page, "providers")


def test_others_see_nothing_of_it(page: Page, site: str, plane: Plane) -> None:
    sign_up(plane.api_url)  # the first one on a plane operates it
    sign_in(page, site, sign_up(plane.api_url), "/console/operator/runners")
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()
    expect(page.get_by_role("link", name="Runners")).to_have_count(0)
    expect(page.get_by_role("navigation", name="Operator")).to_have_count(0)

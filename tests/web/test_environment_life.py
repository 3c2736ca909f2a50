"""The life of an environment in the console: deleted and restored or destroyed, paused and woken, upgraded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support import binaries
from tests.support.browser import chromium, page
from tests.support.plane import Plane
from tests.support.tenants import create_environment, sign_up
from tests.support.visiting import sign_in, site
from tests.support.waiting import until

pytestmark = pytest.mark.system
__all__ = ["chromium", "page", "site"]


@contextmanager
def held(page: Page, address: str) -> Iterator[None]:
    """What is asked there in the block goes on its way after it."""
    routes: list[Route] = []

    def hold(route: Route) -> None:
        routes.append(route)

    page.route(address, hold)
    yield
    assert routes
    for route in routes:
        route.continue_()


def test_deleting_asks_for_the_name_and_restoring_brings_it_back(page: Page, site: str, plane: Plane) -> None:
    environment = create_environment(sign_up(plane.api_url))
    sign_in(page, site, environment.owner, f"/console{environment.path}/settings")
    page.get_by_role("button", name="Delete environment").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Delete environment")).to_be_disabled()
    dialog.get_by_label("Type dev to confirm").fill("dev")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Delete the environment")).to_be_visible()
    expect(page.get_by_text("It can be restored with its data and keys until")).to_be_visible()
    until(lambda: environment.using(environment.owner.token).admin("GET", "/health").status_code != 200)

    page.get_by_role("link", name="Environments", exact=True).first.click()
    page.get_by_role("button", name="Restore dev").click()
    expect(page.get_by_role("rowheader", name="dev")).to_be_visible()
    expect(page.get_by_role("cell", name="Active")).to_be_visible()
    until(lambda: environment.using(environment.owner.token).admin("GET", "/health").status_code == 200)
    page.get_by_role("link", name="dev").click()
    page.get_by_role("link", name="Operations").click()
    expect(page.get_by_text("Restore the environment")).to_be_visible()
    expect(page.get_by_text("Create the environment")).to_be_visible()


def test_pausing_says_what_happens_and_waking_takes_one_click(page: Page, site: str, plane: Plane) -> None:
    environment = create_environment(sign_up(plane.api_url))
    caller = environment.using(environment.owner.token)
    sign_in(page, site, environment.owner, f"/console{environment.path}/settings")
    page.get_by_role("button", name="Pause environment").click()
    dialog = page.get_by_role("dialog", name="Pause dev?")
    expect(dialog).to_contain_text("timers go on when somebody wakes the environment")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert caller.admin("GET", "/health").status_code == 200
    page.get_by_role("button", name="Pause environment").click()
    dialog.get_by_role("button", name="Pause environment").click()
    expect(page.get_by_role("heading", name="Pause the environment")).to_be_visible()
    expect(page.get_by_text("Done.")).to_be_visible()
    expect(page.get_by_text("Paused since")).to_be_visible()
    until(lambda: caller.admin("GET", "/health").status_code == 503)

    page.get_by_role("link", name="Environments", exact=True).first.click()
    expect(page.get_by_role("cell", name="Paused")).to_be_visible()
    page.get_by_role("link", name="dev").click()
    expect(page.get_by_role("link", name="Open engine UI")).to_have_count(0)
    page.get_by_role("button", name="Wake environment").click()
    expect(page.get_by_role("heading", name="Wake the environment")).to_be_visible()
    expect(page.get_by_role("link", name="Open engine UI")).to_be_visible()
    until(lambda: caller.admin("GET", "/health").status_code == 200)


def test_an_answer_that_comes_late_leads_nobody_back(page: Page, site: str, plane: Plane) -> None:
    environment = create_environment(sign_up(plane.api_url))
    base = f"{site}/console/accounts/{environment.account_id}"
    sign_in(page, site, environment.owner, f"/console{environment.path}/settings")
    page.get_by_role("button", name="Pause environment").click()
    with held(page, "**/pause"):
        page.get_by_role("dialog").get_by_role("button", name="Pause environment").click()
        page.keyboard.press("Escape")
        page.get_by_role("link", name="Environments", exact=True).first.click()
        expect(page.get_by_role("cell", name="Active")).to_be_visible()
    expect(page.get_by_role("cell", name="Paused")).to_be_visible()
    page.reload()
    expect(page).to_have_url(f"{base}/environments")

    environment.owner.call("DELETE", environment.path)
    page.goto(f"{site}/console{environment.path}/settings")
    page.get_by_role("button", name="Destroy data and keys").click()
    page.get_by_role("dialog").get_by_label("Type dev to confirm").fill("dev")
    with held(page, f"**{environment.path}?purge=true"):
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        page.get_by_role("link", name="Members").click()
        page.wait_for_url(f"{base}/members")
    expect(page.get_by_text("dev is being destroyed.")).to_be_visible()
    page.reload()
    expect(page).to_have_url(f"{base}/members")


def test_a_deleted_one_is_destroyed_at_once_by_its_name(page: Page, site: str, plane: Plane) -> None:
    environment = create_environment(sign_up(plane.api_url))
    environment.owner.call("DELETE", environment.path)
    sign_in(page, site, environment.owner, f"/console/accounts/{environment.account_id}/environments")
    page.get_by_role("link", name="dev").click()
    page.get_by_role("button", name="Destroy data and keys").click()
    dialog = page.get_by_role("dialog", name="Destroy it now")
    dialog.get_by_label("Type dev to confirm").fill("de")
    expect(dialog.get_by_role("button", name="Destroy data and keys")).to_be_disabled()
    dialog.get_by_label("Type dev to confirm").fill("dev")
    dialog.get_by_role("button", name="Destroy data and keys").click()
    expect(page.get_by_text("dev is being destroyed.")).to_be_visible()
    until(lambda: environment.owner.call("GET", environment.path).status_code == 404)
    page.reload()
    expect(page.get_by_role("heading", name="No environment yet")).to_be_visible()
    expect(page.get_by_role("heading", name="Deleted")).to_have_count(0)


def test_an_upgrade_that_fails_says_so_and_another_one_holds(page: Page, site: str, plane: Plane) -> None:
    environment = create_environment(sign_up(plane.api_url))
    now = environment.owner.call("GET", environment.path).json()["engineVersion"]
    sign_in(page, site, environment.owner, f"/console{environment.path}/settings")
    page.get_by_label("Version to upgrade to").select_option(binaries.BROKEN)
    page.get_by_role("button", name="Upgrade engine").click()
    dialog = page.get_by_role("dialog", name=f"Upgrade dev to {binaries.BROKEN}?")
    expect(dialog).to_contain_text(f"If the new version does not come up, {now} is started again.")
    dialog.get_by_role("button", name="Upgrade engine").click()
    expect(page.get_by_role("heading", name="Upgrade the engine")).to_be_visible()
    expect(page.get_by_text(f"{binaries.BROKEN} does not come up, so {now} is started again.")).to_be_visible()
    expect(page.get_by_text(f"It runs {now}.")).to_be_visible()
    expect(page.locator("#main").get_by_text("Active")).to_be_visible()
    page.get_by_label("Version to upgrade to").select_option(binaries.WORKING)
    page.get_by_role("button", name="Upgrade engine").click()
    page.get_by_role("dialog").get_by_role("button", name="Upgrade engine").click()
    expect(page.get_by_text("Done.")).to_be_visible()
    expect(page.get_by_text(f"It runs {binaries.WORKING}.")).to_be_visible()

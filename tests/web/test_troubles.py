"""When something is in the way in the console: a lost answer, an environment that cannot start, a newer build."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.support.browser import chromium, page
from tests.support.plane import Plane
from tests.support.tenants import sign_up
from tests.support.visiting import sign_in, site

pytestmark = pytest.mark.system
__all__ = ["chromium", "page", "site"]


def test_a_lost_answer_is_told_and_repeating_creates_nothing_twice(page: Page, site: str, plane: Plane) -> None:
    person, keys = sign_up(plane.api_url), list[str | None]()
    sign_in(page, site, person, "/console/accounts/new")

    def lose(route: Route) -> None:
        """The plane did it; the answer never came."""
        keys.append(route.request.headers.get("idempotency-key"))
        if len(keys) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/accounts", lose)
    page.get_by_label("Account name").fill(f"a{uuid4().hex[:20]}")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="No environment yet")).to_be_visible()
    assert keys[0]
    assert keys == [keys[0]] * 2
    assert len(person.call("GET", "/accounts").json()["items"]) == 1


def test_an_environment_that_cannot_start_says_why(page: Page, site: str, plane: Plane) -> None:
    person = sign_up(plane.api_url)
    account = person.created("/accounts", name=f"a{uuid4().hex[:20]}")["accountId"]
    failed = {"kind": "CREATE", "status": "FAILED", "steps": [], "error": "The runner has no room. Ask an operator."}
    page.route("**/api/v1/operations/*", lambda route: route.fulfill(json=failed))
    sign_in(page, site, person, f"/console/accounts/{account}/environments/new")
    page.get_by_role("button", name="Create environment").click()
    expect(page.get_by_text("The runner has no room.")).to_be_visible()


@pytest.mark.parametrize("missing", ["once", "always"])
def test_a_page_that_a_newer_build_took_away_is_loaded_anew_but_not_for_ever(
    page: Page, plane: Plane, missing: str
) -> None:
    """Not under watch: the browser complains of the missing file, and React of the page that has none."""
    person = sign_up(plane.api_url)
    base = f"/console/accounts/{person.created('/accounts', name=f'a{uuid4().hex[:20]}')['accountId']}"
    sign_in(page, plane.api_url, person, f"{base}/environments")
    expect(page.get_by_role("heading", name="No environment yet")).to_be_visible()
    loaded = list[str]()

    def count(request: Request) -> None:
        if request.is_navigation_request():
            loaded.append(request.url)

    page.on("request", count)
    times = 1 if missing == "once" else None
    page.route("**/console/assets/MembersPage-*.js", lambda route: route.fulfill(status=404), times=times)
    page.get_by_role("link", name="Members").click()
    said = "Members" if missing == "once" else "This page stopped working"
    expect(page.get_by_role("heading", name=said, level=1)).to_be_visible()
    assert loaded == [f"{plane.api_url}{base}/members"]

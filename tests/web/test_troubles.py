"""When something is in the way in the console: a lost answer, a fault of the plane, no plane at all, a newer build."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx2
import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.support.browser import chromium, page
from tests.support.plane import Plane
from tests.support.tenants import sign_up
from tests.support.visiting import fill_login, sign_in, site
from tests.support.waiting import until

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


@pytest.mark.parametrize(("status", "code"), [(500, "internal_error"), (503, "busy")])
def test_a_fault_of_the_plane_is_told_with_its_request_id_until_it_is_over(
    page: Page, site: str, plane: Plane, status: int, code: str
) -> None:
    person = sign_up(plane.api_url)
    account = person.created("/accounts", name=f"a{uuid4().hex[:20]}")["accountId"]
    sign_in(page, site, person, f"/console/accounts/{account}/environments")
    loaded, said = loads(page), "Something is wrong here. Try again in a moment."
    members = f"**/api/v1/accounts/{account}/members?*"
    answer = {"code": code, "message": said, "details": {}}
    page.route(members, lambda route: route.fulfill(status=status, json=answer, headers={"x-request-id": "req_a"}))
    page.get_by_role("link", name="Members").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(said)
    expect(alert).to_contain_text("Request id: req_a")
    page.unroute(members)
    alert.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("rowheader", name=person.email)).to_be_visible()
    expect(alert).to_have_count(0)
    assert loaded == []


def test_while_the_plane_is_away_that_is_told_and_a_page_that_did_not_come_comes_after_it(
    page: Page, plane: Plane
) -> None:
    """Not under watch: the browser complains of every request that nobody answered."""
    person = sign_up(plane.api_url)
    base = f"/console/accounts/{person.created('/accounts', name=f'a{uuid4().hex[:20]}')['accountId']}"
    sign_in(page, plane.api_url, person, f"{base}/environments")
    expect(page.get_by_role("heading", name="No environment yet")).to_be_visible()
    # What is pointed at is fetched ahead.
    with page.expect_response("**/console/assets/MembersPage-*.js") as fetched:
        page.get_by_role("link", name="Members").hover()
    fetched.value.finished()
    loaded = loads(page)
    with without_api(plane):
        page.get_by_role("link", name="Members").click()
        expect(page.get_by_role("alert").first).to_contain_text("The plane does not answer.")
        page.get_by_role("link", name="Usage").click()
        expect(page.get_by_role("heading", name="This page did not come")).to_be_visible()
        assert loaded == []
    expect(page.get_by_role("heading", name="Usage", level=1)).to_be_visible()
    assert loaded == [f"{plane.api_url}{base}/usage"]
    page.get_by_role("link", name="Members").click()
    expect(page.get_by_role("rowheader", name=person.email)).to_be_visible()


@contextmanager
def without_api(plane: Plane) -> Iterator[None]:
    """In the block the control plane's process has ended, and nobody starts it again; after it, it answers."""
    pids = plane.pids
    os.kill(pids["supervisor"], signal.SIGSTOP)
    try:
        os.kill(pids["api"], signal.SIGKILL)
        yield
    finally:
        os.kill(pids["supervisor"], signal.SIGCONT)
        until(lambda: plane.pids.get("api") != pids["api"] and answers(plane), 60)


def answers(plane: Plane) -> bool:
    try:
        return httpx2.get(f"{plane.api_url}/readyz", timeout=60).is_success
    except httpx2.TransportError:
        return False


def test_who_was_signed_out_elsewhere_signs_in_and_is_where_they_were(page: Page, site: str, plane: Plane) -> None:
    person = sign_up(plane.api_url)
    account = person.created("/accounts", name=f"a{uuid4().hex[:20]}")["accountId"]
    usage = f"/console/accounts/{account}/usage"
    sign_in(page, site, person, f"/console/accounts/{account}/environments")
    expect(page.get_by_role("heading", name="No environment yet")).to_be_visible()
    assert person.again().call("DELETE", "/auth/sessions").is_success
    page.get_by_role("link", name="Usage").click()
    page.wait_for_url(f"{site}/login?next=*")
    fill_login(page, person.email)
    page.wait_for_url(f"{site}{usage}")
    expect(page.get_by_role("heading", name="Usage", level=1)).to_be_visible()


@pytest.mark.parametrize("missing", ["once", "always"])
def test_a_page_that_a_newer_build_took_away_is_loaded_anew_but_not_for_ever(
    page: Page, plane: Plane, missing: str
) -> None:
    """Not under watch: the browser complains of the missing file, and React of the page that has none."""
    person = sign_up(plane.api_url)
    base = f"/console/accounts/{person.created('/accounts', name=f'a{uuid4().hex[:20]}')['accountId']}"
    sign_in(page, plane.api_url, person, f"{base}/environments")
    expect(page.get_by_role("heading", name="No environment yet")).to_be_visible()
    loaded, script, link = loads(page), "**/console/assets/MembersPage-*.js", page.get_by_role("link", name="Members")
    page.route(script, lambda route: route.continue_() if loaded and missing == "once" else route.fulfill(status=404))
    # Who only points there goes on where they are. Before a page is loaded anew, it is asked whether that is there.
    with page.expect_response(script):
        link.hover()
    assert (
        page.evaluate("fetch(location.href, {method: 'HEAD', cache: 'no-store'}).then(answer => answer.status)") == 200
    )
    page.get_by_role("link", name="Usage").click()
    expect(page.get_by_role("heading", name="Usage", level=1)).to_be_visible()
    assert loaded == []

    link.click()
    said = "Members" if missing == "once" else "This page stopped working"
    expect(page.get_by_role("heading", name=said, level=1)).to_be_visible()
    assert loaded == [f"{plane.api_url}{base}/members"]


def loads(page: Page) -> list[str]:
    """Grows with every page that is loaded from now on."""
    loaded = list[str]()

    def count(request: Request) -> None:
        if request.is_navigation_request():
            loaded.append(request.url)

    page.on("request", count)
    return loaded

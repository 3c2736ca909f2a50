"""An environment's log in the console: live, paused, filtered, and one line sent to somebody else."""

from __future__ import annotations

import json
import re
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import chromium, page
from tests.support.plane import Plane
from tests.support.tenants import Caller, create_environment, sign_up
from tests.support.visiting import sign_in, site
from tests.web.looks import reads_well

pytestmark = pytest.mark.system
__all__ = ["chromium", "page", "site"]


def fail(caller: Caller) -> str:
    """Make the engine log a word: the address of a deployment that nobody serves."""
    word = f"w{uuid4().hex[:12]}"
    caller.register(f"http://127.0.0.1:1/{word}")
    return word


def test_lines_appear_live_wait_while_paused_and_have_addresses(page: Page, site: str, plane: Plane) -> None:
    owner = sign_up(plane.api_url)
    home = create_environment(owner)
    caller = home.using(home.api_key())
    logs = f"/console/accounts/{home.account_id}/environments/{home.environment_id}/logs"
    sign_in(page, site, owner, logs)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    lines = page.get_by_role("region", name="Log lines")
    first = fail(caller)
    expect(lines.get_by_text(first).first).to_be_visible()
    reads_well(page, "logs")

    page.get_by_role("button", name="Pause").click()
    second = fail(caller)
    expect(page.get_by_role("button", name=re.compile(r"\d+ new lines"))).to_be_visible()
    expect(lines.get_by_text(second)).to_have_count(0)
    page.get_by_role("button", name="Resume").click()
    expect(lines.get_by_text(second).first).to_be_visible()

    page.get_by_label("Text").fill(first)
    expect(lines.get_by_text(second)).to_have_count(0)
    assert f"text={first}" in page.url
    target = address_of(lines, first)
    assert first in downloaded(page)

    page.goto(f"{site}{target}")
    expect(lines.get_by_role("button", expanded=True).filter(has_text=first)).to_be_visible()
    expect(page.get_by_text("Live", exact=True)).to_have_count(0)
    page.get_by_label("Level").select_option("ERROR")
    page.get_by_label("Time", exact=True).select_option("15m")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    assert "at=" not in page.url

    refused = f"w{uuid4().hex[:12]}"
    assert home.using(None).ingress("POST", f"/{refused}/greet").status_code == 401
    page.get_by_label("Level").select_option("")
    page.get_by_label("Text").fill("")
    page.get_by_label("Source").select_option("edge")
    expect(lines.get_by_text(f"POST /{refused}/greet 401: A valid API key")).to_be_visible()
    expect(lines.get_by_text(first)).to_have_count(0)


def downloaded(page: Page) -> str:
    """The same lines as a file."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
        page.get_by_role("link", name="JSON lines").click()
    return download.value.path().read_text()


def address_of(lines: Locator, word: str) -> str:
    """The link to the first line with it, without the site."""
    lines.get_by_role("button").filter(has_text=word).first.click()
    target = lines.get_by_role("link", name="Link to this line").get_attribute("href")
    assert target is not None
    return target


def test_ten_thousand_lines_are_as_light_as_those_in_sight(page: Page, site: str, plane: Plane) -> None:
    owner = sign_up(plane.api_url)
    account = owner.created("/accounts", name=f"a{uuid4().hex[:20]}")["accountId"]
    environment = owner.created(f"/accounts/{account}/environments", name="dev")["environmentId"]
    at = "2026-01-01T12:00:00.000Z"
    line = {"at": at, "unixNanos": 1767268800000000000, "level": "INFO", "source": "engine"}
    body = "\n".join(json.dumps({**line, "line": f"line number {number}"}) for number in range(10_000))
    page.route("**/api/v1/**/logs?*", lambda route: route.fulfill(content_type="application/x-ndjson", body=body))
    window = "since=2026-01-01T11:00:00Z&until=2026-01-01T13:00:00Z"
    sign_in(page, site, owner)
    page.goto(f"{site}/console/accounts/{account}/environments/{environment}/logs?{window}")
    lines = page.get_by_role("region", name="Log lines")
    expect(page.get_by_text("10,000 lines", exact=True)).to_be_visible()
    expect(lines.get_by_text("line number 0", exact=True)).to_be_visible()
    assert lines.get_by_role("listitem").count() < 100
    lines.focus()
    page.keyboard.press("End")
    expect(lines.get_by_text("line number 9999", exact=True)).to_be_visible()
    assert lines.get_by_role("listitem").count() < 100

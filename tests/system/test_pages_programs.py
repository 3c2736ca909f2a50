"""Programs are let in, or turned away, on pages: by the code they show, and by consent."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx2
import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browser import chromium, page
from tests.support.plane import Plane
from tests.support.tenants import sign_up
from tests.support.visiting import fill_login, sign_in, site
from tests.support.waiting import until

pytestmark = pytest.mark.system
__all__ = ["chromium", "page", "site"]


def ask(plane: Plane, agent: str = "rcloud/1 (Linux)") -> dict[str, str]:
    answer = httpx2.post(
        f"{plane.api_url}/oauth2/device_authorization",
        data={"client_id": "rcloud"},
        headers={"user-agent": agent},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    asked: dict[str, str] = answer.json()
    return asked


def poll(plane: Plane, device_code: str) -> dict[str, str]:
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": "rcloud",
        "device_code": device_code,
    }
    answered: dict[str, str] = httpx2.post(f"{plane.api_url}/oauth2/token", data=form, timeout=60).json()
    return answered


def test_a_program_is_let_in_by_its_code_and_never_by_a_link_alone(page: Page, site: str, plane: Plane) -> None:
    person, asked = sign_up(plane.api_url), ask(plane)
    page.goto(asked["verification_uri_complete"])
    fill_login(page, person.email)
    expect(page.get_by_label("Code")).to_have_text(asked["user_code"])
    expect(page.get_by_text("Approve only if you have just started this")).to_be_visible()
    expect(page.get_by_text("127.0.0.1")).to_be_visible()
    assert poll(plane, asked["device_code"])["error"] in {"authorization_pending", "slow_down"}
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    token = until(lambda: poll(plane, asked["device_code"]).get("access_token"), 60)
    me = httpx2.get(f"{plane.api_url}/api/v1/auth/me", headers={"authorization": f"Bearer {token}"}, timeout=60)
    assert me.json()["user"]["email"] == person.email

    page.goto(f"{site}/account/security")
    row = page.get_by_role("listitem").filter(has_text="program rcloud")
    row.get_by_role("button", name="End").click()
    page.get_by_role("dialog").get_by_role("button", name="End it").click()
    expect(page.get_by_text("That session has ended.")).to_be_visible()
    again = httpx2.get(f"{plane.api_url}/api/v1/auth/me", headers={"authorization": f"Bearer {token}"}, timeout=60)
    assert again.status_code == 401


def test_a_program_is_turned_away_and_wrong_codes_are_said_to_be_wrong(page: Page, site: str, plane: Plane) -> None:
    person, asked = sign_up(plane.api_url), ask(plane)
    sign_in(page, site, person, "/device")
    page.get_by_label("Code").fill("AAAA-AAAA")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert").filter(has_text="No program waits with this code")).to_be_visible()
    page.get_by_label("Code").fill(asked["user_code"].lower())
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("heading", name="Refused")).to_be_visible()
    assert until(lambda: poll(plane, asked["device_code"])["error"] == "access_denied", 60)


def test_consent_gives_a_code_that_is_worth_a_token(page: Page, plane: Plane) -> None:
    person, state = sign_up(plane.api_url), uuid4().hex
    redirect = "http://localhost:33912/callback"
    query = f"response_type=code&client_id=restate-cli&redirect_uri={redirect}&state={state}&scope=openid"
    heard: list[str] = []

    def program(route: Route) -> None:
        heard.append(route.request.url)
        route.fulfill(body="ok")

    page.route("http://localhost:33912/**", program)
    page.goto(f"{plane.api_url}/login?{query}")
    fill_login(page, person.email)
    expect(page.get_by_text("localhost:33912")).to_be_visible()
    expect(page.get_by_role("heading", name="Let Restate CLI act as you?")).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url(re.compile(r"http://localhost:33912/callback\?.*"))
    answer = parse_qs(urlsplit(heard[0]).query)
    assert answer["state"] == [state]
    form = {"grant_type": "authorization_code", "client_id": "restate-cli", "redirect_uri": redirect}
    given = httpx2.post(f"{plane.api_url}/oauth2/token", data=form | {"code": answer["code"][0]}, timeout=60)
    assert given.status_code == 200, given.text
    assert given.json()["access_token"]


def test_consent_is_not_asked_for_a_program_or_an_address_nobody_knows(page: Page, site: str, plane: Plane) -> None:
    sign_in(page, site, sign_up(plane.api_url))
    for query in (
        "response_type=code&client_id=nobody&redirect_uri=http://localhost:33912/callback",
        "response_type=code&client_id=restate-cli&redirect_uri=https://evil.example/callback",
    ):
        page.goto(f"{site}/oauth2/authorize?{query}")
        expect(page.get_by_role("heading", name="This did not work")).to_be_visible()
        expect(page.get_by_role("button", name="Approve")).to_have_count(0)

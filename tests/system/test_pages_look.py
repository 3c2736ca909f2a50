"""Every page in both themes and from a phone's width on: axe-core finds nothing serious, nothing is cut off.

With ``PAGES_PICTURES=directory`` each is also written there as a picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from uuid import uuid4

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import chromium
from tests.support.looking import faults, picture, shifted, too_wide, watched
from tests.support.plane import Plane
from tests.support.tenants import PASSWORD, Person, sign_up

pytestmark = pytest.mark.system
__all__ = ["chromium"]
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
WIDTHS = (320, 390, 1280)


@dataclass(frozen=True)
class Scene:
    """Somebody with enough around them that no page is empty."""

    api_url: str
    cookie: str
    invitation: str
    user_code: str


def cookie_of(api_url: str, person: Person) -> str:
    answer = httpx2.post(f"{api_url}/api/v1/auth/login", json={"email": person.email, "password": PASSWORD}, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.cookies["rc_session"]


@pytest.fixture(scope="module")
def scene(plane: Plane) -> Scene:
    person, other = sign_up(plane.api_url), sign_up(plane.api_url)
    account = other.created("/accounts", name=f"a{uuid4().hex[:20]}")
    body = {"email": person.email, "role": "viewer"}
    invitation = other.created(f"/accounts/{account['accountId']}/invitations", **body)
    asked = httpx2.post(f"{plane.api_url}/oauth2/device_authorization", data={"client_id": "rcloud"}, timeout=60)
    assert asked.status_code == 200, asked.text
    cookie = cookie_of(plane.api_url, person)
    return Scene(plane.api_url, cookie, invitation["invitationId"], asked.json()["user_code"])


@pytest.fixture(params=THEMES)
def theme(request: pytest.FixtureRequest) -> Theme:
    chosen: Theme = request.param
    return chosen


@pytest.fixture
def page(chromium: Browser, plane: Plane, theme: Theme) -> Iterator[Page]:
    context = chromium.new_context(color_scheme=theme, reduced_motion="reduce")
    with watched(context, plane.api_url):
        yield context.new_page()
    context.close()


def looked_at(page: Page, name: str, theme: Theme) -> None:
    assert shifted(page) < 0.01, name
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844 if width < 500 else 800})
        assert too_wide(page) == 0, f"{name} at {width} px"
        if width >= 390:
            picture(page, f"{name}-{width}-{theme}")
    assert faults(page) == [], name
    assert page.title().endswith(" · Self-hosted Restate Cloud") or name == "docs"
    expect(page.get_by_role("heading", level=1)).to_have_count(1)


STRANGERS = {
    "landing": "/",
    "signup": "/signup",
    "login": "/login?error=no_such_code&done=password_reset",
    "second-step": "/login?challenge=x",
    "verify-email": "/verify-email?token=x",
    "forgot": "/forgot",
    "reset-password": "/reset-password?token=x",
    "invitation-stranger": "/invitation?token=x",
    "nothing": "/nothing",
    "docs": "/api/docs",
}


@pytest.mark.parametrize("name", STRANGERS)
def test_strangers_pages(plane: Plane, page: Page, theme: Theme, name: str) -> None:
    page.goto(plane.api_url + STRANGERS[name])
    looked_at(page, name, theme)


PEOPLES = {
    "security": "/account/security?done=name_changed",
    "invitation": "/invitation?token={invitation}",
    "invitation-gone": "/invitation?token=x",
    "device-code": "/device",
    "device": "/device?user_code={code}",
    "device-unknown": "/device?user_code=AAAA-AAAA",
    "device-done": "/device?outcome=approved",
    "consent": "/login?response_type=code&client_id=restate-cli&state=x"
    "&redirect_uri=http%3A%2F%2Flocalhost%3A33912%2Fcallback&scope=openid",
    "consent-refused": "/oauth2/authorize?response_type=code&client_id=nobody",
    "sign-in-again": "/login?again=1",
}


@pytest.mark.parametrize("name", PEOPLES)
def test_peoples_pages(scene: Scene, page: Page, theme: Theme, name: str) -> None:
    page.context.add_cookies([{"name": "rc_session", "value": scene.cookie, "url": scene.api_url}])
    page.goto(scene.api_url + PEOPLES[name].format(invitation=scene.invitation, code=scene.user_code))
    looked_at(page, name, theme)


def test_looking_sees_what_is_wrong(chromium: Browser) -> None:
    with chromium.new_context(viewport={"width": 400, "height": 400}) as context:
        page = context.new_page()
        page.set_content("<html lang=en><title>x</title><main><h1>x</h1><p>x</p></main>")
        assert (faults(page), too_wide(page), shifted(page)) == ([], 0, 0)
        page.set_content("<html lang=en><title>x</title><main><img src=x width=900 height=9><p>moved</p></main>")
        assert any(fault.startswith("image-alt") for fault in faults(page))
        assert too_wide(page) == pytest.approx(500, abs=20)
        shifted(page)
        page.evaluate("document.querySelector('img').height = 300")
        assert shifted(page) > 0.01

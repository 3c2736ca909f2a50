"""The engine's own UI in a real browser, through the edge: how one gets there, and what hostile pages cannot do."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.support.browser import chromium, page
from tests.support.cast import Cast
from tests.support.plane import Plane
from tests.support.tenants import PASSWORD, Environment, Person
from tests.support.waiting import until
from tests.system.conftest import Examples

__all__ = ["chromium", "page"]
pytestmark = pytest.mark.system
# The UI is many files, and this machine may be busy.
_PATIENCE_MILLISECONDS = 60_000
_REFUSED = (401, 403)
"""By the edge; of what is not there an engine says 404."""


def opens(page: Page, person: Person, environment: Environment) -> None:
    """The person signs in and follows the console's link."""
    page.set_default_timeout(_PATIENCE_MILLISECONDS)
    credentials = {"email": person.email, "password": PASSWORD}
    assert page.context.request.post(f"{person.api_url}/api/v1/auth/login", data=credentials).ok
    page.goto(f"{person.api_url}{environment.path}/ui", wait_until="commit")
    page.wait_for_url(f"{environment.admin_url}/ui/**", wait_until="commit")


def watched(page: Page) -> list[str]:
    """What goes wrong from now on; `violations` in the page are of its policy."""
    wrong: list[str] = []
    page.on("response", lambda one: wrong.append(f"{one.status} {one.url}") if one.status in _REFUSED else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.add_init_script(
        """window.violations = [];
        addEventListener('securitypolicyviolation',
            one => violations.push(`${one.effectiveDirective} ${one.blockedURI}`));"""
    )
    return wrong


def asks(page: Page, method: str, url: str) -> int:
    """What a script of this page gets when it asks, cookies and all; 0 when it learns nothing."""
    script = """([method, url]) => fetch(url, {method, credentials: 'include', mode: 'no-cors',
        body: method === 'POST' ? '{}' : null}).then(answer => answer.status, () => 0)"""
    status: int = page.evaluate(script, [method, url])
    return status


def refused(plane: Plane, environment: Environment) -> list[tuple[str, str, str]]:
    """Status, method and path of what the edge refused on the environment's two ports."""
    ports = {url.rpartition(":")[2] for url in (environment.admin_url, environment.ingress_url)}
    lines = map(json.loads, (plane.home / "logs" / "edge-refused.log").read_text().splitlines())
    return [(line["status"], line["method"], line["path"]) for line in lines if line["port"] in ports]


def test_other_pages_cannot_use_it_and_signing_out_ends_it(
    page: Page, plane: Plane, environment: Callable[..., Environment], examples: Examples
) -> None:
    mine, other = examples.environment, environment(examples.environment.owner, "beside")
    wrong = watched(page)
    opens(page, mine.owner, mine)
    page.locator("nav").get_by_text("Overview").first.wait_for()
    assert (wrong, page.evaluate("violations")) == ([], [])
    assert "rc_" not in page.evaluate("document.cookie")
    assert all(cookie["httpOnly"] for cookie in page.context.cookies())
    assert asks(page, "GET", f"{mine.admin_url}/version") == 200

    hostile = page.context.new_page()
    # Of the same site: the browser sends the cookie along, strict as it is. No policy keeps this page from asking.
    hostile.goto(f"{other.ingress_url}/")
    for method, path in (("GET", "/version"), ("POST", "/query"), ("POST", "/deployments")):
        assert asks(hostile, method, f"{mine.admin_url}{path}") == 0
        until(lambda one=("403", method, path): one in refused(plane, mine))  # type: ignore[misc]
    asks(hostile, "GET", f"{mine.ingress_url}/greeter/of-a-hostile-page/greet")
    until(lambda: ("401", "GET", "/greeter/of-a-hostile-page/greet") in refused(plane, mine))

    signed_out = page.context.request.post(
        f"{mine.owner.api_url}/api/v1/auth/logout", headers={"sec-fetch-site": "same-origin"}
    )
    assert signed_out.status == 204
    until(lambda: asks(page, "GET", f"{mine.admin_url}/version") == 401)


PAGES = ("introspection", "invocations", "virtual-objects/Counter/a%2Fb%3Ac")


def test_its_pages_work_by_their_policy_and_for_who_only_looks(page: Page, cast: Cast) -> None:
    """No script or file is refused by the browser, and no request by the edge, whoever reloads whichever page."""
    environment = cast.own
    wrong = watched(page)
    opens(page, cast.people["viewer"], environment)
    for name in PAGES:
        page.goto(f"{environment.admin_url}/ui/{name}", wait_until="load")
        page.locator("nav").get_by_text("Overview").first.wait_for()
        assert page.evaluate("violations") == [], name
    assert wrong == []
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.injected = 1'}))"
    )
    page.wait_for_function("violations.length")
    assert page.evaluate("[violations, window.injected]") == [["script-src-elem inline"], None]

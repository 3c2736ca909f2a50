"""Passkeys with a real browser and its virtual authenticator, against the plane as it runs.

The plane's pages are served at `localhost` too; there `navigator.credentials` is asked as a page of ours asks it.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page

from tests.support.browser import Authenticator, chromium, on_localhost, page
from tests.support.plane import Plane

__all__ = ["chromium", "page"]
pytestmark = pytest.mark.system
PASSWORD = "correct horse battery staple"
# What the page's script does: fetch with our cookie, and the two calls of WebAuthn (level 3, §5.1).
SCRIPT = """
window.plane = {
  async call(method, path, body) {
    const headers = body === undefined ? {} : {"content-type": "application/json"}
    const answer = await fetch("/api/v1" + path, {method, headers, body: JSON.stringify(body)})
    const text = await answer.text()
    return {status: answer.status, body: text ? JSON.parse(text) : null}
  },
  async create(options) {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
    return (await navigator.credentials.create({publicKey})).toJSON()
  },
  async get(options) {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
    return (await navigator.credentials.get({publicKey})).toJSON()
  },
}
"""


class Visit:
    """Somebody at a page of the plane; `call` goes to the API with the browser's cookies."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.email = page, f"p{uuid4().hex[:12]}@example.com"
        page.add_init_script(SCRIPT)
        page.goto(url)

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = self.page.evaluate("([m, p, b]) => plane.call(m, p, b ?? undefined)", [method, path, body])
        return answer["status"], answer["body"]

    def done(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = self.call(method, path, body)
        assert status < 300, answer
        return answer

    def signs_up(self) -> None:
        self.done("POST", "/auth/signup", {"email": self.email, "password": PASSWORD})

    def adds_passkey(self) -> Any:
        options = self.done("POST", "/auth/passkeys/options")["publicKey"]
        credential = self.page.evaluate("options => plane.create(options)", options)
        return self.done("POST", "/auth/passkeys", {"name": "Laptop", "credential": credential})

    def shows_passkey(self, options: Any) -> Any:
        return self.page.evaluate("options => plane.get(options)", options)

    def signs_in_alone(self) -> tuple[int, Any]:
        begun = self.done("POST", "/auth/passkeys/login/options")
        credential = self.shows_passkey(begun["publicKey"])
        return self.call("POST", "/auth/passkeys/login", {"challenge": begun["challenge"], "credential": credential})


@pytest.fixture
def visit(page: Page, plane: Plane) -> Visit:
    """At a page of the plane, under the rules that it gives its scripts."""
    return Visit(page, f"{on_localhost(plane.api_url)}/signup")


def test_added_then_used_as_second_factor_then_alone(visit: Visit) -> None:
    device = Authenticator(visit.page)
    visit.signs_up()
    added = visit.adds_passkey()
    assert len(added["recoveryCodes"]) == 10
    (kept,) = device.credentials
    assert (kept["rpId"], kept["isResidentCredential"]) == ("localhost", True)
    visit.done("POST", "/auth/logout")
    assert visit.call("GET", "/auth/me")[0] == 401

    status, asked = visit.call("POST", "/auth/login", {"email": visit.email, "password": PASSWORD})
    assert (status, asked["code"]) == (401, "second_factor_required")
    assert visit.call("GET", "/auth/me")[0] == 401
    challenge = asked["details"]["challenge"]
    options = visit.done("POST", "/auth/second-factor/options", {"challenge": challenge})["publicKey"]
    proof = {"challenge": challenge, "method": "passkey", "credential": visit.shows_passkey(options)}
    visit.done("POST", "/auth/second-factor", proof)
    assert visit.done("GET", "/auth/me")["user"]["email"] == visit.email
    assert visit.call("POST", "/auth/second-factor", proof)[0] == 401
    visit.done("POST", "/auth/logout")

    assert visit.signs_in_alone()[0] == 200
    me = visit.done("GET", "/auth/me")
    assert me["user"]["email"] == visit.email
    factors = visit.done("GET", "/auth/second-factors")
    assert [one["name"] for one in factors["passkeys"]] == ["Laptop"]
    assert factors["passkeys"][0]["lastUsedAt"] is not None


def test_the_browser_itself_keeps_one_authenticator_from_being_added_twice(visit: Visit) -> None:
    Authenticator(visit.page)
    visit.signs_up()
    visit.adds_passkey()
    options = visit.done("POST", "/auth/passkeys/options")["publicKey"]
    refused = visit.page.evaluate("options => plane.create(options).catch(error => error.name)", options)
    assert refused == "InvalidStateError"


def test_an_authenticator_that_verifies_nobody_is_a_second_factor_only(visit: Visit) -> None:
    Authenticator(visit.page, verifies_user=False)
    visit.signs_up()
    visit.adds_passkey()
    visit.done("POST", "/auth/logout")
    _, asked = visit.call("POST", "/auth/login", {"email": visit.email, "password": PASSWORD})
    challenge = asked["details"]["challenge"]
    options = visit.done("POST", "/auth/second-factor/options", {"challenge": challenge})["publicKey"]
    proof = {"challenge": challenge, "method": "passkey", "credential": visit.shows_passkey(options)}
    visit.done("POST", "/auth/second-factor", proof)


def test_an_old_copy_of_an_authenticator_is_refused(visit: Visit) -> None:
    device = Authenticator(visit.page)
    visit.signs_up()
    visit.adds_passkey()
    (copied,) = device.credentials
    for _ in range(2):
        assert visit.signs_in_alone()[0] == 200
    device.take(copied)
    status, refused = visit.signs_in_alone()
    assert (status, refused["code"]) == (401, "passkey_refused")


def test_a_page_at_an_address_is_told_where_to_go(page: Page, plane: Plane) -> None:
    visit = Visit(page, f"{plane.api_url}/signup")
    visit.signs_up()
    status, refused = visit.call("POST", "/auth/passkeys/options")
    assert (status, refused["code"]) == (409, "passkeys_need_a_host_name")
    assert on_localhost(plane.api_url) in refused["message"]

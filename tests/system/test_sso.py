"""Single sign-on at a running plane: Chromium at a certified provider, and a provider's token at the edge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.support import identity_provider, workos_double
from tests.support.browser import chromium, page
from tests.support.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider
from tests.support.plane import Plane
from tests.support.tenants import Person, create_environment
from tests.support.waiting import until
from tests.support.workos_double import WorkOs

pytestmark = pytest.mark.system
__all__ = ["chromium", "page"]


def operate(plane: Plane, *arguments: str) -> str:
    """`controlplane sso …` as on the plane's host; what it printed."""
    return plane.command("sso", *arguments)


def secret_file(directory: Path, secret: str) -> str:
    path = directory / "secret"
    path.write_text(secret)
    return str(path)


@pytest.fixture
def idp(plane: Plane, tmp_path: Path) -> Iterator[IdentityProvider]:
    """A provider that the plane's operator has connected as `corp`."""
    with identity_provider.running([f"{plane.api_url}/api/v1/auth/sso/corp/callback"]) as running:
        file = secret_file(tmp_path, CLIENT_SECRET)
        options = ["--provider", "corp", "--name", "Corp Login", "--issuer", running.issuer, "--client-id", CLIENT_ID]
        said = operate(plane, "add", "oidc", *options, "--client-secret-file", file)
        assert f"{plane.api_url}/api/v1/auth/sso/corp/callback" in said
        yield running
        operate(plane, "remove", "corp")


@pytest.fixture
def workos(plane: Plane, tmp_path: Path) -> Iterator[WorkOs]:
    with workos_double.running() as running:
        file = secret_file(tmp_path, workos_double.API_KEY)
        options = ["--client-id", workos_double.CLIENT_ID, "--api-base-url", running.url, "--client-secret-file", file]
        operate(plane, "add", "workos", *options)
        yield running
        operate(plane, "remove", "workos")


def through(page: Page, plane: Plane, login: str) -> None:
    """From our sign-in page to the provider's, and its consent."""
    page.goto(f"{plane.api_url}/login?next=/account/security")
    page.get_by_role("link", name=re.compile("Corp Login")).click()
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill("anything")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def test_a_person_signs_in_at_their_companys_provider(page: Page, plane: Plane, idp: IdentityProvider) -> None:
    email = f"u{uuid4().hex}@corp.example"
    idp.knows("ada", {"email": email, "email_verified": True, "name": "Ada Lovelace"})
    through(page, plane, "ada")
    page.wait_for_url(f"{plane.api_url}/account/security")
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies(plane.api_url)}
    session = cookies["rc_session"]
    assert session["httpOnly"]
    assert "rc_sso" not in cookies
    me = page.request.get(f"{plane.api_url}/api/v1/auth/me").json()["user"]
    assert (me["email"], me["name"]) == (email, "Ada Lovelace")


def test_their_second_factor_is_asked_for_here(page: Page, plane: Plane, idp: IdentityProvider) -> None:
    idp.knows("bob", {"email": f"u{uuid4().hex}@corp.example", "email_verified": True})
    through(page, plane, "bob")
    page.wait_for_url(f"{plane.api_url}/account/security")
    own = {"origin": plane.api_url}
    api = f"{plane.api_url}/api/v1"
    secret = page.request.post(f"{api}/auth/totp", headers=own).json()["secret"]
    code = pyotp.TOTP(secret).now()
    codes = page.request.post(f"{api}/auth/totp/confirm", data={"code": code}, headers=own).json()["recoveryCodes"]
    page.context.clear_cookies()
    through(page, plane, "bob")
    expect(page.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    assert page.request.get(f"{api}/auth/me").status == 401
    page.get_by_role("button", name="Use a recovery code").click()
    page.get_by_label(re.compile("code", re.IGNORECASE)).fill(codes[0])
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{plane.api_url}/account/security")


def test_an_address_the_provider_has_not_verified_is_refused_in_words(
    page: Page, plane: Plane, idp: IdentityProvider
) -> None:
    idp.knows("eve", {"email": "eve@corp.example", "email_verified": False})
    through(page, plane, "eve")
    expect(page.get_by_role("alert")).to_contain_text("has not verified an e-mail address of yours")
    assert page.request.get(f"{plane.api_url}/api/v1/auth/me").status == 401


def test_a_token_of_workos_works_at_the_edge_until_it_is_signed_out(plane: Plane, workos: WorkOs) -> None:
    workos.users["user_01ADA"] |= {"email": f"u{uuid4().hex}@corp.example"}
    ada = Person(plane.api_url, workos.users["user_01ADA"]["email"], workos.access_token())
    environment = create_environment(ada)
    caller = environment.using(ada.token)
    assert caller.admin("GET", "/version").status_code == 200
    assert ada.call("POST", "/auth/logout").status_code == 204
    until(lambda: caller.admin("GET", "/version").status_code == 401)
    assert ada.call("GET", "/auth/me").status_code == 401

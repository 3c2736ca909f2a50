"""Visits to the pages of the shared plane: every page is watched. Take the fixtures by importing them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route

from tests.support.browser import on_localhost
from tests.support.looking import watched
from tests.support.plane import Plane
from tests.support.tenants import PASSWORD, Person


@pytest.fixture
def site(plane: Plane, page: Page) -> Iterator[str]:
    """Where the plane is; every page of the test is watched."""
    with watched(page.context, plane.api_url):
        yield plane.api_url


@pytest.fixture
def local(plane: Plane, page: Page) -> Iterator[str]:
    """The same under the name that passkeys can belong to."""
    with watched(page.context, on_localhost(plane.api_url)):
        yield on_localhost(plane.api_url)


def fill_login(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_in(page: Page, site: str, person: Person, goal: str = "/account/security") -> None:
    """Through the form; ends at ``goal``, whose heading has to come."""
    page.goto(f"{site}{goal}")
    fill_login(page, person.email)
    page.wait_for_url(f"{site}{goal}")


def refused(route: Route, status: int, code: str, message: str, **details: object) -> None:
    """The answer of the API that this route gets instead of the plane's own."""
    route.fulfill(status=status, json={"code": code, "message": message, "details": details})

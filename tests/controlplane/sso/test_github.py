"""Signing in through GitHub's stand-in, which knows no OpenID Connect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.controlplane.people import SignedUp
from tests.controlplane.sso.conftest import Browser, connected, landed, refusal
from tests.support.github_double import CLIENT_ID, CLIENT_SECRET, GitHub


@pytest.fixture
def here(browser: Callable[[], Browser], github: GitHub) -> Browser:
    connected(github.url, "github", kind="github", client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    return browser()


def consented(here: Browser) -> str:
    """Where GitHub sends the browser back to."""
    return str(httpx2.get(here.start("github"), follow_redirects=False).headers["location"])


def test_the_primary_address_counts(here: Browser) -> None:
    assert landed(here.follow(consented(here))) == "/"
    user = here.me()
    assert user is not None
    assert (user["email"], user["name"]) == ("ada@corp.example", "Ada Lovelace")


@pytest.mark.parametrize(
    "emails",
    [
        [],
        [{"email": "ada@corp.example", "verified": False, "primary": True}],
        [{"email": "ada@corp.example", "verified": True, "primary": False}],
        [{"email": "no address", "verified": True, "primary": True}],
        ["ada@corp.example"],
    ],
    ids=str,
)
def test_no_other_address_does(here: Browser, github: GitHub, emails: list[Any]) -> None:
    github.emails = emails
    assert refusal(here.follow(consented(here))) == "sso_email_unverified"


def test_the_number_is_the_person_not_the_login_name(
    here: Browser, browser: Callable[[], Browser], github: GitHub
) -> None:
    here.follow(consented(here))
    github.user = {"id": 4711, "login": "ada"}
    github.emails = [{"email": "another@corp.example", "verified": True, "primary": True}]
    other = browser()
    other.follow(consented(other))
    assert (here.me() or {})["userId"] != (other.me() or {})["userId"]


def test_a_code_needs_the_verifier_of_its_own_attempt(
    here: Browser, browser: Callable[[], Browser], github: GitHub
) -> None:
    victims = parse_qs(urlsplit(consented(browser())).query)["code"][0]
    own = parse_qs(urlsplit(here.start("github")).query)["state"][0]
    assert refusal(here.come_back("github", code=victims, state=own)) == "sso_invalid_answer"


def test_a_code_is_taken_for_the_address_it_was_made_for_only(here: Browser, github: GitHub) -> None:
    address = consented(here)
    for asked in github.codes.values():
        asked["redirect_uri"] = "http://127.0.0.1:8000/elsewhere"
    assert refusal(here.follow(address)) == "sso_invalid_answer"


def test_an_identity_is_added_by_its_user_and_removed(here: Browser, github: GitHub, signed_up: SignedUp) -> None:
    ada = signed_up("ada")
    here.client.cookies.set("rc_session", ada.cookie)
    answer = here.visit("github", headers={"sec-fetch-site": "same-origin"}, link=True, next="/account/security")
    back = httpx2.get(answer.headers["location"], follow_redirects=False).headers["location"]
    assert landed(here.follow(back)) == "/account/security"
    identities = ada.get("/auth/identities").json()["items"]
    assert [(one["kind"], one["email"]) for one in identities] == [("github", "ada@corp.example")]
    eve = signed_up("eve")
    path = f"/auth/identities/{identities[0]['identityId']}"
    assert eve.delete(path).status_code == 404
    assert ada.delete(path).status_code == 204
    assert ada.get("/auth/identities").json()["items"] == []


def test_the_last_way_in_stays(here: Browser) -> None:
    here.follow(consented(here))
    identity = here.client.get("/api/v1/auth/identities").json()["items"][0]["identityId"]
    answer = here.client.delete(f"/api/v1/auth/identities/{identity}", headers={"sec-fetch-site": "same-origin"})
    assert (answer.status_code, answer.json()["code"]) == (409, "last_way_in")


@pytest.mark.parametrize("site", [None, "cross-site", "same-site", "none"])
def test_no_other_site_begins_adding_an_identity(here: Browser, signed_up: SignedUp, site: str | None) -> None:
    here.client.cookies.set("rc_session", signed_up("ada").cookie)
    answer = here.visit("github", headers={"sec-fetch-site": site} if site else {}, link=True)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_refused")


def test_adding_an_identity_needs_the_same_person_to_be_there_at_the_end(here: Browser, signed_up: SignedUp) -> None:
    own = {"sec-fetch-site": "same-origin"}
    assert refusal(here.visit("github", headers=own, link=True)) == "sso_link_lost"
    here.client.cookies.set("rc_session", signed_up("ada").cookie)
    address = here.visit("github", headers=own, link=True).headers["location"]
    back = httpx2.get(address, follow_redirects=False).headers["location"]
    here.client.cookies.set("rc_session", signed_up("eve").cookie)
    assert refusal(here.follow(back)) == "sso_link_lost"


def test_an_identity_of_somebody_else_is_not_added(
    here: Browser, browser: Callable[[], Browser], signed_up: SignedUp
) -> None:
    here.follow(consented(here))
    eve = browser()
    eve.client.cookies.set("rc_session", signed_up("eve").cookie)
    address = eve.visit("github", headers={"sec-fetch-site": "same-origin"}, link=True).headers["location"]
    back = httpx2.get(address, follow_redirects=False).headers["location"]
    assert refusal(eve.follow(back)) == "sso_identity_taken"

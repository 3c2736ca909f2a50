"""Signing in through a real, certified OpenID provider."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from controlplane.sso.models import Identity
from tests.controlplane.people import SignedUp
from tests.controlplane.sso.conftest import Browser, connected, landed, refusal
from tests.support.identity_provider import ADA, CLIENT_SECRET, IdentityProvider
from tests.support.identity_provider_rogue import Rogue

Browsers = Callable[[], Browser]


@pytest.fixture(autouse=True)
def _ada(idp: IdentityProvider) -> None:
    idp.knows("ada", ADA)


def test_a_new_person_comes_in_and_is_known_again(browser: Browsers, idp: IdentityProvider, session: Session) -> None:
    connected(idp.issuer, client_secret=CLIENT_SECRET)
    first, second = browser(), browser()
    assert landed(first.follow(idp.sign_in(first.start("corp", next="/start?step=2")))) == "/start?step=2"
    user = first.me()
    assert user is not None
    assert (user["email"], user["name"]) == ("ada@corp.example", "Ada Lovelace")
    assert landed(second.follow(idp.sign_in(second.start("corp")))) == "/"
    assert second.me() == user
    assert len(session.scalars(select(Identity)).all()) == 1


def test_what_is_sent_to_the_provider(browser: Browsers, idp: IdentityProvider) -> None:
    connected(idp.issuer, client_secret=CLIENT_SECRET)
    asked = parse_qs(urlsplit(browser().start("corp")).query)
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    assert asked["redirect_uri"] == ["http://127.0.0.1:8000/api/v1/auth/sso/corp/callback"]
    assert len(asked["state"][0]) == len(asked["nonce"][0]) == len(asked["code_challenge"][0]) == 43
    assert CLIENT_SECRET not in str(asked)


def test_a_verified_address_links_to_its_user(browser: Browsers, idp: IdentityProvider, signed_up: SignedUp) -> None:
    ada, here = signed_up("ada"), browser()
    connected(idp.issuer, client_secret=CLIENT_SECRET)
    idp.knows("ada", ADA | {"email": "Ada@Example.com"})
    here.follow(idp.sign_in(here.start("corp")))
    user = here.me()
    assert user is not None
    assert user["userId"] == ada.user_id
    identities = ada.get("/auth/identities").json()["items"]
    assert [(one["provider"], one["email"]) for one in identities] == [("corp", "ada@example.com")]


def test_another_address_at_the_provider_moves_nothing(
    browser: Browsers, idp: IdentityProvider, signed_up: SignedUp
) -> None:
    connected(idp.issuer, client_secret=CLIENT_SECRET)
    first, second, eve = browser(), browser(), signed_up("eve")
    first.follow(idp.sign_in(first.start("corp")))
    idp.knows("ada", ADA | {"email": eve.email})
    second.follow(idp.sign_in(second.start("corp")))
    assert second.me() == first.me()
    assert eve.get("/auth/identities").json()["items"] == []


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email_verified": None}, {"email": None}, {"email": 5}])
@pytest.mark.parametrize("exists", [True, False])
def test_an_unverified_address_is_refused_alike_for_everybody(
    browser: Browsers, idp: IdentityProvider, signed_up: SignedUp, claims: dict[str, object], exists: bool
) -> None:
    if exists:
        signed_up("ada")
    connected(idp.issuer, client_secret=CLIENT_SECRET)
    idp.knows("ada", ADA | {"email": "ada@example.com"} | claims)
    here = browser()
    assert refusal(here.follow(idp.sign_in(here.start("corp")))) == "sso_email_unverified"
    assert here.me() is None


@pytest.mark.parametrize(("said", "path"), [(None, "/"), (True, "/"), (False, None), ("no", None)])
def test_a_provider_that_says_nothing_may_be_trusted_by_who_connects_it(
    browser: Browsers, rogue: Rogue, said: object, path: str | None
) -> None:
    connected(rogue.issuer, assume_email_verified=True)
    rogue.claims = {"email_verified": said}
    here = browser()
    answer = here.come_back("corp", **rogue.consents(here.start("corp")))
    assert (landed(answer) if path else refusal(answer)) == (path or "sso_email_unverified")


def test_whoever_squatted_on_an_address_loses_it_to_its_owner(
    browser: Browsers, idp: IdentityProvider, signed_up: SignedUp, session: Session
) -> None:
    squatter, here = signed_up("ada"), browser()
    session.execute(text('UPDATE "user" SET verified_at = NULL'))
    connected(idp.issuer, client_secret=CLIENT_SECRET)
    idp.knows("ada", ADA | {"email": "ada@example.com"})
    here.follow(idp.sign_in(here.start("corp")))
    assert here.me() is not None
    assert squatter.get("/auth/me").status_code == 401
    answer = squatter.client.post(
        "/api/v1/auth/login", json={"email": "ada@example.com", "password": "correct horse battery"}
    )
    assert answer.json()["code"] == "wrong_credentials"


def test_google_says_it_in_the_id_token_and_may_be_held_to_one_domain(
    browser: Browsers, google: IdentityProvider
) -> None:
    connected(google.issuer, "google", kind="google", client_secret=CLIENT_SECRET, hosted_domain="corp.example")
    ours, stranger = browser(), browser()
    google.knows("ada", ADA | {"hd": "corp.example"})
    assert "hd=corp.example" in (start := ours.start("google"))
    assert landed(ours.follow(google.sign_in(start))) == "/"
    google.knows("eve", {"email": "eve@corp.example", "email_verified": True, "hd": "elsewhere.example"})
    assert refusal(stranger.follow(google.sign_in(stranger.start("google"), "eve"))) == "sso_not_permitted"


def test_the_same_subject_at_two_connections_is_two_people(browser: Browsers, idp: IdentityProvider) -> None:
    connected(idp.issuer, client_secret=CLIENT_SECRET)
    connected(idp.issuer, "other", client_secret=CLIENT_SECRET)
    first, second = browser(), browser()
    first.follow(idp.sign_in(first.start("corp")))
    idp.knows("ada", ADA | {"email": "another.ada@corp.example"})
    second.follow(idp.sign_in(second.start("other")))
    assert (first.me() or {})["userId"] != (second.me() or {})["userId"]


def test_a_wrong_client_secret_says_nothing_to_the_visitor(browser: Browsers, idp: IdentityProvider) -> None:
    connected(idp.issuer, client_secret="not the secret")
    here = browser()
    assert refusal(here.follow(idp.sign_in(here.start("corp")))) == "sso_invalid_answer"


def test_a_code_is_taken_in_its_own_attempt_only(browser: Browsers, idp: IdentityProvider) -> None:
    """Code injection at a real provider: it compares the thief's verifier with the victim's challenge."""
    connected(idp.issuer, client_secret=CLIENT_SECRET)
    victim, thief = browser(), browser()
    stolen = parse_qs(urlsplit(idp.sign_in(victim.start("corp"))).query)["code"][0]
    own = {name: values[0] for name, values in parse_qs(urlsplit(idp.sign_in(thief.start("corp"))).query).items()}
    assert refusal(thief.come_back("corp", **own | {"code": stolen})) == "sso_invalid_answer"
    assert thief.me() is None


def test_a_code_is_taken_once(browser: Browsers, idp: IdentityProvider) -> None:
    connected(idp.issuer, client_secret=CLIENT_SECRET)
    here = browser()
    back = idp.sign_in(here.start("corp"))
    code = parse_qs(urlsplit(back).query)["code"][0]
    here.follow(back)
    again = parse_qs(urlsplit(here.start("corp")).query)["state"][0]
    other = browser()
    other.client.cookies.set("rc_sso", here.client.cookies["rc_sso"])
    assert refusal(other.come_back("corp", code=code, state=again, iss=idp.issuer)) == "sso_invalid_answer"


def test_a_session_planted_before_is_not_the_one_afterwards(
    browser: Browsers, idp: IdentityProvider, signed_up: SignedUp
) -> None:
    eve, here = signed_up("eve"), browser()
    connected(idp.issuer, client_secret=CLIENT_SECRET)
    here.client.cookies.set("rc_session", eve.cookie)
    answer = here.follow(idp.sign_in(here.start("corp")))
    assert answer.cookies["rc_session"] != eve.cookie
    here.client.cookies.clear()
    here.client.cookies.set("rc_session", eve.cookie)
    assert here.me() is None


def test_the_provider_is_asked_again_for_its_endpoints_after_a_day(
    browser: Browsers, idp: IdentityProvider, session: Session, later: Callable[[timedelta], None]
) -> None:
    connection = connected(idp.issuer, client_secret=CLIENT_SECRET)
    session.execute(text("UPDATE sso_connection SET endpoints = endpoints - 'userinfo_endpoint'"))
    later(timedelta(days=2))
    browser().start("corp")
    session.expire_all()
    endpoints = session.execute(text("SELECT endpoints FROM sso_connection")).scalar_one()
    assert endpoints["userinfo_endpoint"] == f"{connection.issuer}/me"


def test_a_provider_that_does_not_say_keeps_its_endpoints_and_is_left_in_peace(
    browser: Browsers, rogue: Rogue, later: Callable[[timedelta], None]
) -> None:
    connected(rogue.issuer)
    rogue.document = {"issuer": "https://elsewhere.example", "token_endpoint": "https://elsewhere.example/token"}
    later(timedelta(days=2))
    asked = rogue.discoveries
    here = browser()
    for _ in range(3):
        assert here.start("corp").startswith(f"{rogue.issuer}/authorize?")
    assert rogue.discoveries == asked + 1

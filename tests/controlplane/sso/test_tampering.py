"""Answers somebody has meddled with: each is refused, with one code and without a session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from controlplane.sso_connections import jwts
from controlplane.sso_connections.jwts import TokenRefused
from tests.controlplane.sso.conftest import Browser, connected, landed, refusal
from tests.support.identity_provider_rogue import Rogue, by_hand, with_rsa, with_secret
from tests.support.identity_provider_thread import In

Browsers = Callable[[], Browser]


@pytest.fixture
def here(browser: Browsers, rogue: Rogue) -> Browser:
    connected(rogue.issuer)
    return browser()


def test_the_untouched_answer_is_taken(here: Browser, rogue: Rogue) -> None:
    assert landed(here.come_back("corp", **rogue.consents(here.start("corp")))) == "/"
    assert here.me() is not None


@pytest.mark.parametrize("issuer", [None, "https://another.example", ""])
def test_the_iss_parameter(here: Browser, rogue: Rogue, issuer: str | None) -> None:
    answer = rogue.consents(here.start("corp"), iss=issuer)
    assert refusal(here.come_back("corp", **answer)) == "sso_invalid_answer"
    assert rogue.asked == []


def test_the_iss_parameter_counts_also_where_it_was_not_announced(browser: Browsers, rogue: Rogue) -> None:
    rogue.document = {"authorization_response_iss_parameter_supported": None}
    connected(rogue.issuer)
    here = browser()
    assert landed(here.come_back("corp", **rogue.consents(here.start("corp"), iss=None))) == "/"
    wrong = rogue.consents(here.start("corp"), iss="https://another.example")
    assert refusal(here.come_back("corp", **wrong)) == "sso_invalid_answer"


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"iss": "https://another.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": []},
        {"aud": None},
        {"aud": ["the-plane", "another"]},
        {"aud": ["the-plane", "another"], "azp": "another"},
        {"azp": "another"},
        {"exp": In(-120)},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"iat": In(600)},
        {"iat": None},
        {"nbf": In(600)},
        {"sub": None},
        {"sub": ""},
        {"sub": 815},
        {"sub": "x" * 256},
        {"sub": "a\0da"},
    ],
    ids=str,
)
def test_claims(here: Browser, rogue: Rogue, claims: dict[str, Any]) -> None:
    rogue.claims = claims
    assert refusal(here.come_back("corp", **rogue.consents(here.start("corp")))) == "sso_invalid_answer"
    assert here.me() is None


@pytest.mark.parametrize("claims", [{"exp": In(-20)}, {"iat": In(20)}, {"aud": ["the-plane"]}], ids=str)
def test_clocks_may_differ_by_a_little(here: Browser, rogue: Rogue, claims: dict[str, Any]) -> None:
    rogue.claims = claims
    assert landed(here.come_back("corp", **rogue.consents(here.start("corp")))) == "/"


def test_no_signature(here: Browser, rogue: Rogue) -> None:
    rogue.sign = by_hand("none", lambda _: b"")
    assert refusal(here.come_back("corp", **rogue.consents(here.start("corp")))) == "sso_invalid_answer"


def test_a_signature_with_the_public_key_as_a_secret(here: Browser, rogue: Rogue) -> None:
    rogue.sign = with_secret(rogue.public_pem())
    assert refusal(here.come_back("corp", **rogue.consents(here.start("corp")))) == "sso_invalid_answer"


def test_a_signature_with_the_client_secret(browser: Browsers, rogue: Rogue) -> None:
    connected(rogue.issuer, client_secret="a secret known to both")
    here = browser()
    rogue.sign = with_secret(b"a secret known to both")
    assert refusal(here.come_back("corp", **rogue.consents(here.start("corp")))) == "sso_invalid_answer"


@pytest.mark.parametrize("kid", ["first", "unknown", None, 5, ["first"]])
def test_a_key_of_somebody_else(here: Browser, rogue: Rogue, kid: object) -> None:
    rogue.sign = with_rsa(RSAKey.generate_key(2048))
    rogue.header = {"kid": kid}
    assert refusal(here.come_back("corp", **rogue.consents(here.start("corp")))) == "sso_invalid_answer"


def test_a_key_of_another_kind(here: Browser, rogue: Rogue) -> None:
    own = ECKey.generate_key("P-256")
    rogue.sign = lambda header, claims: jwt.encode(header | {"alg": "ES256"}, claims, own)
    assert refusal(here.come_back("corp", **rogue.consents(here.start("corp")))) == "sso_invalid_answer"


def test_a_key_that_the_token_brings_along(here: Browser, rogue: Rogue) -> None:
    own = RSAKey.generate_key(2048, {"kid": "first"})
    rogue.sign = with_rsa(own)
    rogue.header = {"jwk": own.as_dict(private=False)}
    assert refusal(here.come_back("corp", **rogue.consents(here.start("corp")))) == "sso_invalid_answer"


def test_a_new_key_is_asked_for_and_an_invented_one_not_each_time(
    here: Browser, rogue: Rogue, later: Callable[[timedelta], None]
) -> None:
    landed(here.come_back("corp", **rogue.consents(here.start("corp"))))
    asked, rogue.key = rogue.key_requests, RSAKey.generate_key(2048, {"kid": "second"})
    rogue.header = {"kid": "second"}
    later(timedelta(seconds=31))
    assert landed(here.come_back("corp", **rogue.consents(here.start("corp")))) == "/"
    rogue.header = {"kid": "invented"}
    for _ in range(5):
        assert refusal(here.come_back("corp", **rogue.consents(here.start("corp")))) == "sso_invalid_answer"
    assert rogue.key_requests == asked + 1


@pytest.mark.parametrize(
    "answer",
    [
        JSONResponse({"error": "invalid_grant", "error_description": "<b>code</b>"}, 400),
        JSONResponse({"access_token": "x", "token_type": "Bearer"}),
        JSONResponse({"access_token": "x", "id_token": None}),
        JSONResponse({"access_token": "x", "id_token": "no.jwt.at all"}),
    ],
    ids=lambda answer: answer.body.decode(),
)
def test_strange_answers_of_the_token_endpoint(here: Browser, rogue: Rogue, answer: Response) -> None:
    rogue.answer = answer
    assert refusal(here.come_back("corp", **rogue.consents(here.start("corp")))) == "sso_invalid_answer"


@pytest.mark.parametrize(
    "answer",
    [PlainTextResponse("no JSON"), PlainTextResponse("x" * 2_000_000), JSONResponse({}, 502), JSONResponse(["list"])],
    ids=["no JSON", "endless", "broken", "no object"],
)
def test_a_token_endpoint_out_of_order(here: Browser, rogue: Rogue, answer: Response) -> None:
    rogue.answer = answer
    assert refusal(here.come_back("corp", **rogue.consents(here.start("corp")))) == "sso_unavailable"


def test_a_redirect_of_the_token_endpoint_is_not_followed(here: Browser, rogue: Rogue) -> None:
    rogue.answer = RedirectResponse(f"{rogue.issuer}/jwks", 307)
    asked = rogue.key_requests
    assert refusal(here.come_back("corp", **rogue.consents(here.start("corp")))) in {
        "sso_unavailable",
        "sso_invalid_answer",
    }
    assert rogue.key_requests == asked


def test_a_stolen_code_is_of_no_use_in_another_attempt(here: Browser, browser: Browsers, rogue: Rogue) -> None:
    """Code injection (RFC 9700 §4.5): nonce and verifier are of the thief's attempt, the code of the victim's."""
    victims = rogue.consents(browser().start("corp"))
    victims_nonce = rogue.nonce
    own = rogue.consents(here.start("corp"), code=victims["code"])
    rogue.nonce = victims_nonce
    assert refusal(here.come_back("corp", **own)) == "sso_invalid_answer"


def test_a_subject_that_no_database_takes() -> None:
    """JSON can name half of a character."""
    with pytest.raises(TokenRefused):
        jwts.subject({"sub": "a\ud800da"})

"""One sign-in belongs to one browser and is used once; nothing that comes back leads elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from joserfc import jwt
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from tests.controlplane.sso.conftest import Browser, connected, landed, refusal
from tests.support.identity_provider_rogue import Rogue

Browsers = Callable[[], Browser]


@pytest.fixture
def here(browser: Browsers, rogue: Rogue) -> Browser:
    connected(rogue.issuer)
    return browser()


def test_a_state_that_is_missing_or_invented(here: Browser, rogue: Rogue) -> None:
    for state in (None, "", "x" * 43):
        assert refusal(here.come_back("corp", **rogue.consents(here.start("corp"), state=state))) == "sso_expired"
    assert rogue.asked == []


def test_a_state_serves_once(here: Browser, rogue: Rogue) -> None:
    answer = rogue.consents(here.start("corp"))
    cookie = here.client.cookies["rc_sso"]
    landed(here.come_back("corp", **answer))
    here.client.cookies.clear()
    here.client.cookies.set("rc_sso", cookie)
    assert refusal(here.come_back("corp", **answer)) == "sso_expired"
    assert len(rogue.asked) == 1


def test_a_state_serves_also_once_when_its_answer_was_bad(here: Browser, rogue: Rogue) -> None:
    answer = rogue.consents(here.start("corp"))
    rogue.claims = {"aud": "another"}
    assert refusal(here.come_back("corp", **answer)) == "sso_invalid_answer"
    rogue.claims = {}
    assert refusal(here.come_back("corp", **answer)) == "sso_expired"


def test_a_state_serves_its_own_browser_only(here: Browser, browser: Browsers, rogue: Rogue) -> None:
    victim = browser()
    answer = rogue.consents(here.start("corp"))
    assert refusal(victim.come_back("corp", **answer)) == "sso_expired"
    victim.start("corp")
    assert refusal(victim.come_back("corp", **answer)) == "sso_expired"
    assert victim.me() is None
    assert landed(here.come_back("corp", **answer)) == "/"


def test_a_state_ends_after_ten_minutes(here: Browser, rogue: Rogue, later: Callable[[timedelta], None]) -> None:
    answer = rogue.consents(here.start("corp"))
    later(timedelta(minutes=11))
    assert refusal(here.come_back("corp", **answer)) == "sso_expired"


def test_an_attempt_at_one_provider_does_not_end_at_another(here: Browser, rogue: Rogue) -> None:
    connected(rogue.issuer, "other")
    answer = rogue.consents(here.start("corp"))
    assert refusal(here.come_back("other", **answer)) == "sso_expired"
    assert refusal(here.come_back("corp", **answer)) == "sso_expired"
    assert rogue.asked == []


def test_each_attempt_has_a_verifier_and_redirect_uri_of_its_own(here: Browser, rogue: Rogue) -> None:
    first = here.start("corp")
    here.come_back("corp", **rogue.consents(first))
    second = here.start("corp")
    here.come_back("corp", **rogue.consents(second))
    assert rogue.asked[0]["code_verifier"] != rogue.asked[1]["code_verifier"]
    sent = parse_qs(urlsplit(first).query)["redirect_uri"][0]
    assert {one["redirect_uri"] for one in rogue.asked} == {sent}


def test_the_database_holds_nothing_that_could_be_replayed(here: Browser, rogue: Rogue, session: Session) -> None:
    asked = {name: values[0] for name, values in parse_qs(urlsplit(here.start("corp")).query).items()}
    row = str(session.execute(text("SELECT * FROM sso_attempt")).one())
    for secret in (asked["state"], asked["nonce"], here.client.cookies["rc_sso"]):
        assert secret not in row


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("access_denied", "sso_denied"),
        ("server_error", "sso_provider_error"),
        ("<script>", "sso_provider_error"),
        ("\0", "sso_provider_error"),
    ],
)
def test_what_a_provider_says_is_never_shown(here: Browser, rogue: Rogue, error: str, code: str) -> None:
    answer = rogue.consents(here.start("corp"), code=None) | {"error": error, "error_description": "<script>evil"}
    came_back = here.come_back("corp", **answer)
    assert refusal(came_back) == code
    assert "script" not in str(came_back.headers) + came_back.text


@pytest.mark.parametrize(
    "next_path",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)",
     "evil", "", "/" + "x" * 1001, "/\u2028"],
)  # fmt: skip
def test_next_leads_nowhere_else(here: Browser, rogue: Rogue, next_path: str) -> None:
    answer = rogue.consents(here.start("corp", next=next_path))
    assert landed(here.come_back("corp", **answer)) == "/"


def test_a_refusal_goes_to_the_sign_in_page_of_this_origin(here: Browser, rogue: Rogue) -> None:
    answer = rogue.consents(here.start("corp", next="/start"), code=None)
    assert landed(here.come_back("corp", **answer)) == "/login?error=sso_invalid_answer&next=%2Fstart"


def test_an_unknown_or_switched_off_provider(here: Browser, rogue: Rogue, session: Session) -> None:
    assert refusal(here.visit("nobody")) == "sso_unknown_provider"
    answer = rogue.consents(here.start("corp"))
    session.execute(text("UPDATE sso_connection SET enabled = false"))
    assert refusal(here.visit("corp")) == "sso_unknown_provider"
    assert refusal(here.come_back("corp", **answer)) == "sso_unknown_provider"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(here: Browser) -> None:
    cookie = here.visit("corp").headers["set-cookie"]
    for word in ("HttpOnly", "SameSite=lax", "Path=/api/v1/auth/sso", "Max-Age=600"):
        assert word in cookie


def test_two_tabs_do_not_disturb_each_other(here: Browser, rogue: Rogue) -> None:
    first = here.start("corp")
    second = rogue.consents(here.start("corp"))
    assert landed(here.come_back("corp", **rogue.consents(first))) == "/"
    assert "state" in second


def test_the_other_name_of_this_machine_leads_to_the_one_the_provider_knows(here: Browser) -> None:
    answer = here.client.get("http://localhost:8000/api/v1/auth/sso/corp?next=/start")
    assert answer.headers["location"] == "http://127.0.0.1:8000/api/v1/auth/sso/corp?next=/start"


def test_refusals_are_in_the_audit_trail(here: Browser, rogue: Rogue, session: Session) -> None:
    rogue.claims = {"aud": "another"}
    here.come_back("corp", **rogue.consents(here.start("corp")))
    details = session.execute(text("SELECT details FROM audit_event WHERE action = 'auth.login_failed'")).scalar_one()
    assert details == {"provider": "corp", "code": "sso_invalid_answer", "reason": "for somebody else (aud)"}


def test_whoever_fails_too_often_waits(here: Browser, rogue: Rogue, configured: Callable[..., None]) -> None:
    configured(login_failures_allowed=1)
    for code in ["sso_denied"] * 10 + ["sso_busy"]:
        answer = rogue.consents(here.start("corp"), code=None) | {"error": "access_denied"}
        assert refusal(here.come_back("corp", **answer)) == code


def test_of_two_answers_at_once_one_is_taken(
    committed: sessionmaker[Session], client: TestClient, app: FastAPI, rogue: Rogue
) -> None:
    connected(rogue.issuer)
    here = Browser(TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False))
    answer = rogue.consents(here.start("corp"))
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: here.come_back("corp", **answer), range(8)))
    assert sorted(landed(one).partition("&")[0] for one in answers) == ["/"] + ["/login?error=sso_expired"] * 7
    assert len(rogue.asked) == 1


def test_of_two_first_sign_ins_at_once_one_person_comes(
    committed: sessionmaker[Session], client: TestClient, app: FastAPI, rogue: Rogue
) -> None:
    connected(rogue.issuer)
    crowd = [Browser(TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False)) for _ in range(4)]
    rogue.claims = {"nonce": None}
    nonces: dict[str, str] = {}

    def token(header: dict[str, Any], claims: dict[str, Any]) -> str:
        return jwt.encode(header, claims | {"nonce": nonces[rogue.asked[-1]["code"]]}, rogue.key)

    rogue.sign = token
    answers = []
    for number, one in enumerate(crowd):
        consented = rogue.consents(one.start("corp"), code=f"code-{number}")
        nonces[f"code-{number}"] = rogue.nonce
        answers.append((one, consented))
    with ThreadPoolExecutor(4) as threads:
        came = list(threads.map(lambda pair: landed(pair[0].come_back("corp", **pair[1])), answers))
    assert "/" in came
    assert {path.partition("&")[0] for path in came} <= {"/", "/login?error=sso_busy"}
    users = {(one.me() or {}).get("userId") for one in crowd} - {None}
    assert len(users) == 1

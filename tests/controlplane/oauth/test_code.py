"""Authorization codes (RFC 6749 §4.1, RFC 7636, RFC 9207), and everything that may be bent in such a request."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from controlplane.audit.models import AuditEvent
from controlplane.oauth.errors import AuthorizationRefused
from controlplane.oauth.models import AuthorizationCode
from controlplane.oauth.service import check_authorization
from controlplane.oauth.tasks import forget_programs_requests
from controlplane.settings import settings
from tests.controlplane.oauth.programs import (
    CHALLENGE,
    PKCE,
    REDIRECT,
    VERIFIER,
    Program,
    decide,
    error_of,
    parameters,
    query,
)
from tests.controlplane.people import API, Person, SignedUp
from tests.support.waiting import until

Later = Callable[[timedelta], None]


@pytest.fixture
def cli(client: TestClient) -> Program:
    return Program(client)


@pytest.fixture
def ada(signed_up: SignedUp) -> Person:
    return signed_up("ada")


def is_valid(client: TestClient, token: str) -> bool:
    return client.get(f"{API}/auth/me", headers={"authorization": f"Bearer {token}"}).status_code == 200


def refusal(person: Person, asked: dict[str, str]) -> tuple[int, str]:
    """The same from checking and from deciding; nothing in it sends the browser away."""
    checked = person.post("/auth/authorize", asked)
    decided = person.post("/auth/authorize/decision", asked | {"decision": "approve"})
    assert (checked.status_code, checked.json()) == (decided.status_code, decided.json())
    return checked.status_code, checked.json()["code"]


def sent_back(person: Person, asked: dict[str, str]) -> dict[str, str]:
    """The parameters of an error that may reach the program."""
    assert refusal(person, asked) == (400, "authorization_refused")
    target = person.post("/auth/authorize", asked).json()["details"]["redirectTo"]
    assert target.startswith(f"{REDIRECT}?")
    return parameters(target)


def test_the_stock_clis_redirect(cli: Program, ada: Person) -> None:
    shown = ada.post("/auth/authorize", query()).json()
    assert (shown["clientName"], shown["redirectHost"], shown["scope"]) == ("Restate CLI", "localhost:33912", "cloud")
    answer = decide(ada, query())
    assert answer.keys() == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == (query()["state"], settings().console_url)
    redeemed = cli.redeem(answer["code"])
    assert redeemed.status_code == 200
    assert redeemed.headers["cache-control"] == "no-store"
    assert "refresh_token" not in redeemed.json()
    assert is_valid(cli.client, redeemed.json()["access_token"])


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_a_program_with_pkce(client: TestClient, ada: Person, host: str) -> None:
    redirect_uri = f"http://{host}:51004/callback"
    answer = decide(ada, query("rcloud", redirect_uri=redirect_uri, **PKCE))
    assert create_s256_code_challenge(VERIFIER) == CHALLENGE
    redeemed = Program(client, "rcloud").redeem(answer["code"], redirect_uri, code_verifier=VERIFIER)
    assert is_valid(client, redeemed.json()["access_token"])


def test_only_a_digest_of_the_code_is_stored(ada: Person, session: Session) -> None:
    code = decide(ada, query())["code"]
    row = session.scalars(select(AuthorizationCode)).one()
    assert len(code) == 43
    assert code not in " ".join(str(value) for value in vars(row).values())


@pytest.mark.parametrize("state", ["", "a b&c=d", "~" * 1024, "'\"<script>"])
def test_the_state_comes_back_as_it_was(ada: Person, state: str) -> None:
    assert decide(ada, query(state=state)).get("state", "") == state


@pytest.mark.parametrize("state", ["x" * 1025, "a\r\nlocation: https://evil.example", "ä", "\0"])
def test_a_state_that_cannot_come_back_is_refused(ada: Person, state: str) -> None:
    answer = sent_back(ada, query(state=state))
    assert (answer["error"], "state" in answer) == ("invalid_request", False)


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "",
        "https://evil.example/callback",
        "http://evil.example:33912/callback",
        "http://localhost.evil.example:33912/callback",
        "http://localhost:33912@evil.example/callback",
        "http://user@localhost:33912/callback",
        "http://evil.example#@localhost:33912/callback",
        "http://evil.example\\@localhost:33912/callback",
        "http://localhost:33912/callback#fragment",
        "http://localhost:33912/callback?next=1",
        "http://localhost:33912/callback/",
        "http://localhost:33912/callback/../x",
        "http://localhost:33912/%63allback",
        "http://localhost:33912//callback",
        "http://localhost:33912/other",
        "http://localhost:33912",
        "http://localhost/callback",
        "http://localhost:0/callback",
        "http://localhost:033912/callback",
        "http://localhost:99999/callback",
        "http://localhost:x/callback",
        "http://LOCALHOST:33912/callback",
        "http://127.0.0.2:33912/callback",
        "http://127.1:33912/callback",
        "http://2130706433:33912/callback",
        "http://0.0.0.0:33912/callback",
        "http://[::1]:33912/callback",
        "https://localhost:33912/callback",
        "HTTP://localhost:33912/callback",
        "javascript:alert(1)//localhost:33912/callback",
        "//localhost:33912/callback",
        " http://localhost:33912/callback",
        "http://localhost:33912/callback\r\nx: y",
        "http://local\thost:33912/callback",
        "http%3A%2F%2Flocalhost%3A33912%2Fcallback",
        "http://localhost:33912/callback" + "x" * 300,
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_the_programs(ada: Person, redirect_uri: str) -> None:
    assert refusal(ada, query(redirect_uri=redirect_uri)) == (400, "redirect_uri_refused")


@pytest.mark.parametrize("client_id", ["", "unknown", "RESTATE-CLI", "restate-cli "])
def test_an_unknown_program_sends_nobody_anywhere(ada: Person, client_id: str) -> None:
    assert refusal(ada, query(client_id=client_id)) == (400, "unknown_client")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": 'code" x'}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": ""}, "unsupported_response_type"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
    ],
)
def test_a_wrong_request_goes_back_with_its_error(ada: Person, changes: dict[str, str], error: str) -> None:
    answer = sent_back(ada, query(**changes))
    assert (answer["error"], answer["state"], answer["iss"]) == (error, query()["state"], settings().console_url)


def test_a_program_that_can_must_use_pkce(ada: Person) -> None:
    assert sent_back(ada, query("rcloud"))["error"] == "invalid_request"


def test_refusing_consent(ada: Person, session: Session) -> None:
    answer = decide(ada, query(), "deny")
    assert answer.keys() >= {"error", "state", "iss"}
    assert answer["error"] == "access_denied"
    assert session.scalars(select(AuthorizationCode)).all() == []
    assert session.scalars(select(AuditEvent.action).order_by(AuditEvent.at.desc())).first() == "program.denied"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": "x"}, "invalid_grant"),
        ({"redirect_uri": "http://localhost:44643/callback"}, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:33912/callback"}, "invalid_grant"),
        ({"redirect_uri": ""}, "invalid_grant"),
        ({"client_id": "rcloud"}, "invalid_grant"),
        ({"client_id": "unknown"}, "invalid_client"),
        ({"client_id": ""}, "invalid_client"),
        ({"client_secret": "guess"}, "invalid_client"),
        ({"code_verifier": VERIFIER}, "invalid_request"),
        ({"code": ""}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": 'x"\\'}, "unsupported_grant_type"),
    ],
)
def test_a_code_is_good_for_its_own_request_only(
    cli: Program, ada: Person, changes: dict[str, str], error: str
) -> None:
    code = decide(ada, query())["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT} | changes
    refused = cli.post("/oauth2/token", **form)
    assert error_of(refused) == (400, error)
    assert cli.redeem(code).status_code == 200


@pytest.mark.parametrize("verifier", ["", "w" * 43, CHALLENGE, VERIFIER[:42], "v" * 129])
def test_a_stolen_code_is_worth_nothing_without_its_verifier(client: TestClient, ada: Person, verifier: str) -> None:
    thief = Program(client, "rcloud")
    code = decide(ada, query("rcloud", **PKCE))["code"]
    more = {"code_verifier": verifier} if verifier else {}
    status, error = error_of(thief.redeem(code, **more))
    assert (status, error in {"invalid_grant", "invalid_request"}) == (400, True)


def test_a_code_lasts_a_minute(cli: Program, ada: Person, later: Later, session: Session) -> None:
    code = decide(ada, query())["code"]
    later(timedelta(seconds=60))
    assert error_of(cli.redeem(code)) == (400, "invalid_grant")
    later(timedelta(hours=settings().access_token_hours, minutes=2))
    forget_programs_requests()
    assert session.scalars(select(AuthorizationCode)).all() == []


def test_a_code_used_twice_takes_back_what_it_gave(cli: Program, ada: Person, session: Session) -> None:
    code = decide(ada, query())["code"]
    token = cli.redeem(code).json()["access_token"]
    assert error_of(Program(cli.client, "rcloud").redeem(code)) == (400, "invalid_grant")
    assert is_valid(cli.client, token)
    assert error_of(cli.redeem(code)) == (400, "invalid_grant")
    assert not is_valid(cli.client, token)
    assert is_valid(cli.client, ada.token)
    assert "auth.code_reused" in session.scalars(select(AuditEvent.action)).all()


def test_of_simultaneous_redemptions_one_wins(
    committed: sessionmaker[Session], cli: Program, signed_up: SignedUp
) -> None:
    assert committed
    code = decide(signed_up("ada"), query())["code"]
    with ThreadPoolExecutor(6) as together:
        statuses = sorted(answer.status_code for answer in together.map(cli.redeem, [code] * 6))
    assert statuses == [200] + [400] * 5


def test_whoever_consented_and_signed_out_gave_nothing(cli: Program, ada: Person) -> None:
    code = decide(ada, query())["code"]
    ada.post("/auth/logout")
    assert error_of(cli.redeem(code)) == (400, "invalid_grant")


def test_nothing_is_redeemed_while_the_session_that_consented_is_being_ended(
    committed: sessionmaker[Session], cli: Program, signed_up: SignedUp
) -> None:
    """A new password ends all sessions: one that begins at that very moment must not outlive it."""
    code = decide(signed_up("ada"), query())["code"]
    with ThreadPoolExecutor(1) as together, committed() as ending:
        ending.execute(text("UPDATE login_session SET revoked_at = now()"))
        redeemed = together.submit(cli.redeem, code)
        until(lambda: waits_for_a_lock(committed))
        ending.commit()
        assert error_of(redeemed.result()) == (400, "invalid_grant")


def waits_for_a_lock(sessions: sessionmaker[Session]) -> bool:
    asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with sessions() as looking:
        return bool(looking.execute(text(asked)).scalar_one())


def test_other_sites_cannot_consent_with_the_cookie(client: TestClient, ada: Person) -> None:
    path, cookie = f"{API}/auth/authorize/decision", {"cookie": f"rc_session={ada.cookie}"}
    body = query() | {"decision": "approve"}
    for proof in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {}):
        answer = client.post(path, json=body, headers=cookie | proof)
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_refused")
    assert client.post(path, json=body, headers=cookie | {"sec-fetch-site": "same-origin"}).status_code == 200


def test_what_a_page_gets_to_render(session: Session) -> None:
    """Without anybody signed in: the page asks for that next."""
    assert check_authorization(session, query()).redirect_host == "localhost:33912"
    with pytest.raises(AuthorizationRefused) as refused:
        check_authorization(session, query(response_type="token"))
    assert parameters(refused.value.redirect_to)["error"] == "unsupported_response_type"

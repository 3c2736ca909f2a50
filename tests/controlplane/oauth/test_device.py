"""The device grant (RFC 8628), and what a hostile program or a hostile guesser tries with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from controlplane.audit.models import AuditEvent
from controlplane.core import tokens
from controlplane.edge_log.models import EdgeChange
from controlplane.oauth import device_grant
from controlplane.oauth.models import DeviceRequest
from controlplane.oauth.tasks import forget_programs_requests
from controlplane.settings import settings
from tests.controlplane.oauth.programs import Program, error_of, query
from tests.controlplane.people import API, Person, SignedUp

Later = Callable[[timedelta], None]


@pytest.fixture
def cli(client: TestClient) -> Program:
    return Program(client)


@pytest.fixture
def ada(signed_up: SignedUp) -> Person:
    return signed_up("ada")


def approve(person: Person, user_code: str, decision: str = "approve") -> tuple[int, str]:
    answer = person.post(f"/auth/device/{user_code}", {"decision": decision})
    body = answer.json()
    return answer.status_code, body.get("status") or body["code"]


def at_most(waiting: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many devices of one address may wait."""
    changed = settings().model_copy(update={"waiting_devices_per_address": waiting})
    monkeypatch.setattr(device_grant, "settings", lambda: changed)


def test_a_program_is_let_in(cli: Program, ada: Person, session: Session, later: Later) -> None:
    asked = cli.ask()
    assert re.fullmatch("[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", asked["user_code"])
    assert (asked["interval"], asked["expires_in"]) == (2, 900)
    assert asked["verification_uri"] == f"{settings().console_url}/device"
    assert asked["verification_uri_complete"] == f"{asked['verification_uri']}?user_code={asked['user_code']}"
    assert error_of(cli.poll(asked["device_code"])) == (400, "authorization_pending")
    shown = ada.get(f"/auth/device/{asked['user_code']}").json()
    assert (shown["clientName"], shown["userAgent"]) == ("Restate CLI", "restate-cli/1.7.12")
    assert (shown["address"], shown["status"]) == ("testclient", "pending")
    assert approve(ada, asked["user_code"]) == (200, "approved")
    later(timedelta(seconds=5))
    answer = cli.poll(asked["device_code"])
    assert answer.status_code == 200
    issued = answer.json()
    assert issued.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert issued["token_type"] == "Bearer"
    assert 86300 < issued["expires_in"] <= 86400
    me = cli.client.get(f"{API}/auth/me", headers={"authorization": f"Bearer {issued['access_token']}"})
    assert me.json()["user"]["email"] == ada.email
    approved = session.scalars(select(AuditEvent).where(AuditEvent.action == "program.approved")).one()
    assert approved.actor == ada.user_id
    assert approved.details == {"client": "restate-cli", "userAgent": "restate-cli/1.7.12", "address": "testclient"}


def test_only_digests_of_both_codes_are_stored(cli: Program, session: Session) -> None:
    asked = cli.ask()
    row = session.scalars(select(DeviceRequest)).one()
    stored = " ".join(str(value) for value in vars(row).values())
    assert len(asked["device_code"]) == 43
    for secret in (asked["device_code"], asked["user_code"], asked["user_code"].replace("-", "")):
        assert secret not in stored


@pytest.mark.parametrize("way", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code[:2]} {code[2:]}"])
def test_a_user_code_may_be_typed_in_many_ways(cli: Program, ada: Person, way: Callable[[str], str]) -> None:
    assert ada.get(f"/auth/device/{way(cli.ask()['user_code'])}").status_code == 200


def test_a_device_code_works_once(cli: Program, ada: Person) -> None:
    asked = cli.ask()
    approve(ada, asked["user_code"])
    assert cli.poll(asked["device_code"]).status_code == 200
    assert error_of(cli.poll(asked["device_code"])) == (400, "invalid_grant")


def test_denied_means_denied(cli: Program, ada: Person) -> None:
    asked = cli.ask()
    assert approve(ada, asked["user_code"], "deny") == (200, "denied")
    assert approve(ada, asked["user_code"]) == (409, "already_decided")
    assert error_of(cli.poll(asked["device_code"])) == (400, "access_denied")


def test_approving_happens_once_and_for_all(cli: Program, ada: Person, signed_up: SignedUp) -> None:
    asked = cli.ask()
    assert approve(ada, asked["user_code"]) == (200, "approved")
    assert approve(ada, asked["user_code"]) == (409, "already_decided")
    assert approve(signed_up("eve"), asked["user_code"]) == (409, "already_decided")
    token = cli.poll(asked["device_code"]).json()["access_token"]
    me = cli.client.get(f"{API}/auth/me", headers={"authorization": f"Bearer {token}"})
    assert me.json()["user"]["email"] == ada.email


def test_an_expired_code_is_neither_approved_nor_redeemed(
    cli: Program, ada: Person, later: Later, session: Session
) -> None:
    waiting, approved = cli.ask(), cli.ask()
    approve(ada, approved["user_code"])
    later(timedelta(minutes=15))
    assert approve(ada, waiting["user_code"]) == (404, "unknown_user_code")
    for asked in (waiting, approved):
        assert error_of(cli.poll(asked["device_code"])) == (400, "expired_token")
    later(timedelta(days=1, minutes=16))
    forget_programs_requests()
    assert session.scalars(select(DeviceRequest)).all() == []


def test_polling_too_fast_is_slowed_down(cli: Program, ada: Person, later: Later) -> None:
    asked = cli.ask()
    assert error_of(cli.poll(asked["device_code"])) == (400, "authorization_pending")
    assert error_of(cli.poll(asked["device_code"])) == (400, "slow_down")
    later(timedelta(seconds=2))
    assert error_of(cli.poll(asked["device_code"])) == (400, "authorization_pending")
    approve(ada, asked["user_code"])
    assert cli.poll(asked["device_code"]).status_code == 200


@pytest.mark.parametrize("device_code", ["x", "A" * 43, "'; drop table oauth_code; --", "ä", "", "\0"])
def test_device_codes_cannot_be_guessed(cli: Program, ada: Person, device_code: str) -> None:
    approve(ada, cli.ask()["user_code"])
    assert error_of(cli.poll(device_code)) in {(400, "invalid_grant"), (400, "invalid_request")}


def test_another_client_gets_nothing_for_the_code(cli: Program, ada: Person, client: TestClient) -> None:
    asked = cli.ask()
    approve(ada, asked["user_code"])
    assert error_of(Program(client, "rcloud").poll(asked["device_code"])) == (400, "invalid_grant")
    assert error_of(Program(client, "unknown").poll(asked["device_code"])) == (400, "invalid_client")
    assert cli.poll(asked["device_code"]).status_code == 200


def test_guessing_user_codes_ends_soon(cli: Program, ada: Person, later: Later) -> None:
    asked = cli.ask()
    for _ in range(settings().login_failures_allowed):
        assert ada.get("/auth/device/BBBB-BBBB").status_code == 404
    assert approve(ada, asked["user_code"]) == (429, "too_many_requests")
    assert ada.get(f"/auth/device/{asked['user_code']}").status_code == 429
    assert error_of(cli.poll(asked["device_code"])) == (400, "authorization_pending")
    later(timedelta(minutes=settings().login_window_minutes))
    assert approve(ada, cli.ask()["user_code"]) == (200, "approved")


def test_guessing_from_many_addresses_ends_as_soon(app: FastAPI, cli: Program, ada: Person) -> None:
    asked = cli.ask()
    for number in range(settings().login_failures_allowed):
        with TestClient(app, base_url="http://127.0.0.1:8000", client=(f"192.0.2.{number}", 50000)) as client:
            elsewhere = Person(client, ada.user_id, ada.email, ada.token, ada.cookie)
            assert elsewhere.get("/auth/device/BBBB-BBBB").status_code == 404
    assert approve(ada, asked["user_code"]) == (429, "too_many_requests")


def test_guessing_with_many_users_from_one_address_ends_too(
    cli: Program, signed_up: SignedUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controlplane.login.throttle.ADDRESS_FACTOR", 1)
    asked = cli.ask()
    people = [signed_up(f"eve{number}") for number in range(settings().login_failures_allowed + 1)]
    for person in people[1:]:
        assert person.get("/auth/device/BBBB-BBBB").status_code == 404
    assert approve(people[0], asked["user_code"]) == (429, "too_many_requests")


def test_programs_and_keys_may_not_let_programs_in(cli: Program, ada: Person) -> None:
    asked = cli.ask()
    approve(ada, asked["user_code"])
    program_token = cli.poll(asked["device_code"]).json()["access_token"]
    program = Person(ada.client, ada.user_id, ada.email, program_token, "")
    another = cli.ask()
    assert approve(program, another["user_code"]) == (403, "person_required")
    assert program.get(f"/auth/device/{another['user_code']}").status_code == 403
    assert program.post("/auth/authorize", query()).status_code == 403
    assert program.post("/auth/authorize/decision", query() | {"decision": "approve"}).status_code == 403
    key = Person(ada.client, ada.user_id, ada.email, "key_01k9e3x0hq7m2c4b6d8f0g2j4k6.secret", "")
    assert approve(key, another["user_code"]) == (401, "invalid_token")
    assert error_of(cli.poll(another["device_code"])) == (400, "authorization_pending")


def test_whoever_approved_and_signed_out_gave_nothing(cli: Program, ada: Person) -> None:
    asked = cli.ask()
    approve(ada, asked["user_code"])
    assert ada.post("/auth/logout").status_code == 204
    assert error_of(cli.poll(asked["device_code"])) == (400, "invalid_grant")


def test_other_sites_cannot_approve_with_the_cookie(cli: Program, ada: Person) -> None:
    asked = cli.ask()
    path, cookies = f"{API}/auth/device/{asked['user_code']}", {"cookie": f"rc_session={ada.cookie}"}
    for proof in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {}):
        answer = cli.client.post(path, json={"decision": "approve"}, headers=cookies | proof)
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_refused")
    own = cookies | {"sec-fetch-site": "same-origin"}
    assert cli.client.post(path, json={"decision": "approve"}, headers=own).json() == {"status": "approved"}


def test_an_address_has_a_bounded_number_of_open_requests(
    cli: Program, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_most(2, monkeypatch)
    first, _ = cli.ask(), cli.ask()
    refused = cli.post("/oauth2/device_authorization")
    assert error_of(refused) == (429, "too_many_requests")
    assert 0 < int(refused.headers["retry-after"]) <= 900
    approve(ada, first["user_code"], "deny")
    cli.ask()


@pytest.mark.parametrize(
    ("others", "status"), [("2001:db8:1:2:ffff::9", 429), ("2001:db8:1:3::1", 200), ("192.0.2.1", 200)]
)
def test_an_ipv6_network_counts_as_one_address(
    app: FastAPI, cli: Program, monkeypatch: pytest.MonkeyPatch, others: str, status: int
) -> None:
    at_most(1, monkeypatch)
    for address, expected in (("2001:db8:1:2::1", 200), (others, status)):
        with TestClient(app, base_url="http://127.0.0.1:8000", client=(address, 50000)) as client:
            assert Program(client).post("/oauth2/device_authorization").status_code == expected


def test_of_simultaneous_polls_one_gets_the_token(committed: sessionmaker[Session], cli: Program, ada: Person) -> None:
    assert committed
    asked = cli.ask()
    approve(ada, asked["user_code"])
    with ThreadPoolExecutor(6) as together:
        statuses = sorted(answer.status_code for answer in together.map(cli.poll, [asked["device_code"]] * 6))
    assert statuses == [200] + [400] * 5


def test_of_simultaneous_decisions_one_counts(
    committed: sessionmaker[Session], cli: Program, signed_up: SignedUp
) -> None:
    assert committed
    people = [signed_up(name) for name in ("ada", "bob", "eve")]
    code = cli.ask()["user_code"]
    with ThreadPoolExecutor(3) as together:
        answers = sorted(together.map(lambda person: approve(person, code), people))
    assert answers == [(200, "approved"), (409, "already_decided"), (409, "already_decided")]


def test_a_token_is_given_back(cli: Program, ada: Person, client: TestClient, session: Session) -> None:
    asked = cli.ask()
    approve(ada, asked["user_code"])
    token = cli.poll(asked["device_code"]).json()["access_token"]
    assert error_of(Program(client, "rcloud").post("/oauth2/revoke", token=token)) == (400, "invalid_grant")
    assert error_of(cli.post("/oauth2/revoke", token=ada.token)) == (400, "invalid_grant")
    assert cli.post("/oauth2/revoke", token="nonsense").status_code == 200
    assert error_of(cli.post("/oauth2/revoke")) == (400, "invalid_request")
    bearer = {"authorization": f"Bearer {token}"}
    assert client.get(f"{API}/auth/me", headers=bearer).status_code == 200
    assert cli.post("/oauth2/revoke", token=token, token_type_hint="access_token").status_code == 200
    assert client.get(f"{API}/auth/me", headers=bearer).status_code == 401
    assert ada.get("/auth/me").status_code == 200
    withdrawn = select(EdgeChange).where(EdgeChange.entry == tokens.digest(token), EdgeChange.value.is_(None))
    assert session.scalars(withdrawn).one()

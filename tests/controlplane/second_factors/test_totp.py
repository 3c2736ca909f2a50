"""An authenticator app: setting it up, and which codes count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.core import crypto
from controlplane.second_factors.models import Totp
from controlplane.users.models import User
from tests.controlplane.mailbox import last_body, mails
from tests.controlplane.people import SignedUp
from tests.controlplane.second_factors.factors import App, enrol_app, first_step, prove, refusal

At = Callable[[float], None]


def test_the_app_gets_all_it_needs(signed_up: SignedUp) -> None:
    ada = signed_up()
    setup = ada.post("/auth/totp").json()
    uri = urlsplit(setup["uri"])
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", "/127.0.0.1:ada@example.com")
    assert parse_qs(uri.query)["secret"] == [setup["secret"]]
    assert parse_qs(uri.query)["issuer"] == ["127.0.0.1"]
    # 160 bits, as RFC 4226 §4 recommends.
    assert len(setup["secret"]) == 32
    assert ElementTree.fromstring(setup["qrSvg"]).tag == "{http://www.w3.org/2000/svg}svg"


def test_it_counts_once_confirmed(signed_up: SignedUp, client: TestClient) -> None:
    ada = signed_up()
    app = App(ada.post("/auth/totp").json()["secret"])
    assert ada.get("/auth/second-factors").json() == {"totp": False, "passkeys": [], "recoveryCodesLeft": 0}
    assert ada.logs_in().user_id == ada.user_id
    assert refusal(ada.post("/auth/totp/confirm", {"code": "000000"})) == (400, "wrong_code")
    assert ada.logs_in().user_id == ada.user_id
    confirmed = ada.post("/auth/totp/confirm", {"code": app.code()})
    assert len(set(confirmed.json()["recoveryCodes"])) == 10
    assert ada.get("/auth/second-factors").json() == {"totp": True, "passkeys": [], "recoveryCodesLeft": 10}
    asked = first_step(ada)
    assert asked["methods"] == ["totp", "recovery_code"]
    assert asked["expiresInSeconds"] == 600
    signed_in = prove(client, asked["challenge"], "totp", app.code(1))
    assert signed_in.status_code == 200
    assert signed_in.json()["user"]["userId"] == ada.user_id


def test_a_setup_begun_again_begins_anew_and_a_finished_one_stays(signed_up: SignedUp) -> None:
    ada = signed_up()
    first = App(ada.post("/auth/totp").json()["secret"])
    second = App(ada.post("/auth/totp").json()["secret"])
    assert refusal(ada.post("/auth/totp/confirm", {"code": first.code()})) == (400, "wrong_code")
    assert ada.post("/auth/totp/confirm", {"code": second.code()}).status_code == 200
    assert refusal(ada.post("/auth/totp")) == (409, "totp_enabled")
    assert refusal(ada.post("/auth/totp/confirm", {"code": second.code()})) == (409, "totp_enabled")
    assert refusal(signed_up("bob").post("/auth/totp/confirm", {"code": "123456"})) == (409, "totp_not_started")


@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_differ_by_one_step(
    signed_up: SignedUp, client: TestClient, at: At, steps: int, right: bool
) -> None:
    ada = signed_up()
    app, _ = enrol_app(ada)
    at(300)
    answer = prove(client, first_step(ada)["challenge"], "totp", app.code(steps))
    assert answer.status_code == (200 if right else 401)


def test_neither_a_code_nor_an_earlier_one_counts_again(signed_up: SignedUp, client: TestClient, at: At) -> None:
    ada = signed_up()
    app, _ = enrol_app(ada)
    # The code that confirmed the app has been shown and typed: it is no secret any more.
    assert refusal(prove(client, first_step(ada)["challenge"], "totp", app.code())) == (401, "wrong_second_factor")
    at(300)
    assert prove(client, first_step(ada)["challenge"], "totp", app.code()).status_code == 200
    for steps in (0, -1):
        answer = prove(client, first_step(ada)["challenge"], "totp", app.code(steps))
        assert refusal(answer) == (401, "wrong_second_factor")
    assert prove(client, first_step(ada)["challenge"], "totp", app.code(1)).status_code == 200


def test_blanks_in_a_code_do_not_matter(signed_up: SignedUp, client: TestClient) -> None:
    ada = signed_up()
    app, _ = enrol_app(ada)
    code = app.code(1)
    answer = prove(client, first_step(ada)["challenge"], "totp", f" {code[:3]} {code[3:]}")
    assert answer.status_code == 200


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "\x00", "a" * 65])
def test_strange_codes_are_refused(signed_up: SignedUp, client: TestClient, code: str) -> None:
    ada = signed_up()
    enrol_app(ada)
    assert prove(client, first_step(ada)["challenge"], "totp", code).status_code in {401, 422}


def test_the_secret_is_sealed_for_its_user(signed_up: SignedUp, session: Session) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    app, _ = enrol_app(ada)
    row = session.get_one(Totp, ada.user_id)
    assert app.secret.encode() not in row.sealed_secret
    with pytest.raises(crypto.SecretUnreadable):
        crypto.unseal(row.sealed_secret, f"totp:{bob.user_id}")


def test_removing_it_asks_for_nothing_any_more(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    assert refusal(ada.delete("/auth/totp")) == (404, "not_found")
    enrol_app(ada)
    assert session.scalars(select(User.second_factor_since)).one() is not None
    assert ada.delete("/auth/totp").status_code == 204
    assert ada.get("/auth/second-factors").json() == {"totp": False, "passkeys": [], "recoveryCodesLeft": 0}
    assert ada.logs_in().user_id == ada.user_id
    assert session.scalars(select(User.second_factor_since)).one() is None


def test_each_change_is_told_by_mail(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    enrol_app(ada)
    ada.post("/auth/recovery-codes")
    ada.delete("/auth/totp")
    told = [mail.subject for mail in mails(session, ada.email, "second_factor_changed")]
    assert [subject.partition(" at ")[0] for subject in told] == [
        "An authenticator app was added",
        "New recovery codes were made",
        "The authenticator app was removed",
    ]
    assert "/account/security" in last_body(session, ada.email, "second_factor_changed").text


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/auth/totp", None),
        ("POST", "/auth/totp/confirm", {"code": "123456"}),
        ("DELETE", "/auth/totp", None),
        ("POST", "/auth/recovery-codes", None),
        ("POST", "/auth/passkeys/options", None),
        ("POST", "/auth/passkeys", {"name": "Laptop", "credential": {}}),
        ("PATCH", "/auth/passkeys/psk_x", {"name": "Laptop"}),
        ("DELETE", "/auth/passkeys/psk_x", None),
    ],
)
def test_only_who_signed_in_a_moment_ago_changes_factors(
    signed_up: SignedUp, later: Callable[[timedelta], None], method: str, path: str, body: object
) -> None:
    ada = signed_up()
    later(timedelta(minutes=16))
    assert refusal(ada.call(method, path, json=body)) == (403, "recent_sign_in_required")
    again = ada.logs_in()
    assert again.call(method, path, json=body).status_code != 403

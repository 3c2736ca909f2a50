"""Recovery codes: shown once, used once, replaced as a set."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.second_factors.models import RecoveryCode
from tests.controlplane.mailbox import mails
from tests.controlplane.people import SignedUp
from tests.controlplane.second_factors.factors import App, enrol_app, enrol_passkey, first_step, prove, refusal


def test_each_signs_in_once(signed_up: SignedUp, client: TestClient, session: Session) -> None:
    ada = signed_up()
    _, codes = enrol_app(ada)
    for code in codes[:3]:
        assert prove(client, first_step(ada)["challenge"], "recovery_code", code).status_code == 200
        again = prove(client, first_step(ada)["challenge"], "recovery_code", code)
        assert refusal(again) == (401, "wrong_second_factor")
    assert ada.get("/auth/second-factors").json()["recoveryCodesLeft"] == 7
    assert mails(session, ada.email)[-1].subject.startswith("A recovery code was used to sign in")


def test_the_last_one_leaves_the_app(signed_up: SignedUp, client: TestClient) -> None:
    ada = signed_up()
    _, codes = enrol_app(ada)
    for code in codes:
        assert prove(client, first_step(ada)["challenge"], "recovery_code", code).status_code == 200
    asked = first_step(ada)
    assert asked["methods"] == ["totp"]
    assert refusal(prove(client, asked["challenge"], "recovery_code", codes[0])) == (400, "no_such_factor")


def test_what_is_misread_is_put_right(signed_up: SignedUp, client: TestClient) -> None:
    ada = signed_up()
    _, codes = enrol_app(ada)
    typed = codes[0].upper().replace("-", " ").replace("0", "O").replace("1", "l")
    assert prove(client, first_step(ada)["challenge"], "recovery_code", typed).status_code == 200


def test_only_digests_are_kept_and_nobody_elses_code_counts(
    signed_up: SignedUp, client: TestClient, session: Session
) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    _, adas = enrol_app(ada)
    _, bobs = enrol_app(bob)
    assert all(re.fullmatch(r"[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}", code) for code in adas)
    kept = " ".join(session.scalars(select(RecoveryCode.digest)))
    assert not any(code in kept or code.replace("-", "") in kept for code in adas)
    answer = prove(client, first_step(ada)["challenge"], "recovery_code", bobs[0])
    assert refusal(answer) == (401, "wrong_second_factor")


def test_a_new_set_replaces_the_old_one(signed_up: SignedUp, client: TestClient) -> None:
    ada = signed_up()
    assert refusal(ada.post("/auth/recovery-codes")) == (409, "second_factor_needed")
    _, old = enrol_app(ada)
    new = ada.post("/auth/recovery-codes").json()["recoveryCodes"]
    assert len(new) == 10
    assert set(new).isdisjoint(old)
    assert prove(client, first_step(ada)["challenge"], "recovery_code", old[0]).status_code == 401
    assert prove(client, first_step(ada)["challenge"], "recovery_code", new[0]).status_code == 200


def test_a_second_factor_beside_the_first_keeps_the_codes(signed_up: SignedUp, client: TestClient) -> None:
    ada = signed_up()
    enrol_passkey(ada)
    app = App(ada.post("/auth/totp").json()["secret"])
    assert ada.post("/auth/totp/confirm", {"code": app.code()}).json() == {"recoveryCodes": None}
    assert ada.get("/auth/second-factors").json()["recoveryCodesLeft"] == 10
    assert ada.delete("/auth/totp").status_code == 204
    assert ada.get("/auth/second-factors").json()["recoveryCodesLeft"] == 10
    assert first_step(ada)["methods"] == ["passkey", "recovery_code"]

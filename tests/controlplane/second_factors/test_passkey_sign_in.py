"""Signing in with a passkey, as the second step or alone; each field falsified (WebAuthn level 3, §7.2)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.audit.models import AuditEvent
from controlplane.login import throttle
from controlplane.login.models import LoginSession
from controlplane.second_factors.models import Passkey
from tests.controlplane.people import SignedUp
from tests.controlplane.second_factors.factors import (
    ask,
    creation_options,
    enrol_app,
    enrol_passkey,
    first_step,
    log_in_alone,
    prove_passkey,
    refusal,
    request_options,
)
from tests.support.authenticator import Authenticator

WRONG = (401, "wrong_second_factor")


class TestAPasskeyAsTheSecondStep:
    def test_it_signs_in(self, signed_up: SignedUp, client: TestClient, session: Session) -> None:
        ada = signed_up()
        # As a second factor it need not verify its user: the password has.
        device = enrol_passkey(ada, verifies=False)
        challenge = first_step(ada)["challenge"]
        assert prove_passkey(client, challenge, device.get(request_options(client, challenge))).status_code == 200
        assert session.scalars(select(Passkey.last_used_at)).one() is not None
        assert "password+passkey" in session.scalars(select(LoginSession.method)).all()

    @pytest.mark.parametrize(
        "false",
        [
            {"challenge": "b3RoZXI"},
            {"origin": "http://localhost:8001"},
            {"origin": "http://evil.example"},
            {"rp_id": "evil.example"},
            {"kind": "webauthn.create"},
            {"user_handle": b"usr_somebody_else"},
            {"signature": b"\x30\x06\x02\x01\x01\x02\x01\x01"},
            {"signature": b""},
        ],
    )
    def test_what_is_falsified_is_refused(self, signed_up: SignedUp, client: TestClient, false: dict[str, Any]) -> None:
        ada = signed_up()
        device = enrol_passkey(ada)
        challenge = first_step(ada)["challenge"]
        credential = device.get(request_options(client, challenge), **false)
        assert refusal(prove_passkey(client, challenge, credential)) == WRONG
        assert prove_passkey(client, challenge, device.get(request_options(client, challenge))).status_code == 200

    def test_anothers_passkey_is_refused(self, signed_up: SignedUp, client: TestClient) -> None:
        ada, eve = signed_up("ada"), signed_up("eve")
        enrol_passkey(ada)
        eves = enrol_passkey(eve)
        challenge = first_step(ada)["challenge"]
        for handle in (eve.user_id.encode(), ada.user_id.encode(), None):
            credential = eves.get(request_options(client, challenge), user_handle=handle)
            assert refusal(prove_passkey(client, challenge, credential)) == WRONG

    def test_another_key_with_the_same_identifier_is_refused(self, signed_up: SignedUp, client: TestClient) -> None:
        ada = signed_up()
        device = enrol_passkey(ada)
        forged = Authenticator(credential_id=device.credential_id, user_handle=ada.user_id.encode(), count=7)
        challenge = first_step(ada)["challenge"]
        assert refusal(prove_passkey(client, challenge, forged.get(request_options(client, challenge)))) == WRONG

    def test_an_answer_counts_for_the_attempt_it_was_asked_in(self, signed_up: SignedUp, client: TestClient) -> None:
        ada = signed_up()
        device = enrol_passkey(ada)
        first, second = first_step(ada)["challenge"], first_step(ada)["challenge"]
        answer = device.get(request_options(client, first))
        assert refusal(prove_passkey(client, second, answer)) == WRONG
        elsewhere = device.get(request_options(client, first), challenge=creation_options(ada)["challenge"])
        assert refusal(prove_passkey(client, first, elsewhere)) == WRONG
        assert prove_passkey(client, first, answer).status_code == 200
        assert refusal(prove_passkey(client, second, answer)) == WRONG


class TestAPasskeyAlone:
    def test_it_signs_in_without_a_second_step(self, signed_up: SignedUp, client: TestClient, session: Session) -> None:
        ada = signed_up()
        enrol_app(ada)
        device = enrol_passkey(ada)
        answer = log_in_alone(client, device)
        assert answer.status_code == 200
        assert answer.json()["user"]["userId"] == ada.user_id
        assert "passkey" in session.scalars(select(LoginSession.method)).all()

    @pytest.mark.parametrize(
        ("false", "refused"),
        [
            ({"challenge": "b3RoZXI"}, (400, "passkey_challenge_over")),
            ({"origin": "http://localhost:8001"}, (401, "passkey_refused")),
            ({"rp_id": "evil.example"}, (401, "passkey_refused")),
            ({"kind": "webauthn.create"}, (401, "passkey_refused")),
            ({"user_handle": b"usr_somebody_else"}, (401, "passkey_refused")),
            ({"user_handle": None}, (401, "passkey_refused")),
            ({"signature": b"\x30\x06\x02\x01\x01\x02\x01\x01"}, (401, "passkey_refused")),
        ],
    )
    def test_what_is_falsified_is_refused(
        self, signed_up: SignedUp, client: TestClient, false: dict[str, Any], refused: tuple[int, str]
    ) -> None:
        device = enrol_passkey(signed_up())
        assert refusal(log_in_alone(client, device, **false)) == refused
        assert log_in_alone(client, device).status_code == 200

    def test_it_must_have_verified_its_user(self, signed_up: SignedUp, client: TestClient) -> None:
        device = enrol_passkey(signed_up(), verifies=False)
        assert refusal(log_in_alone(client, device)) == (401, "passkey_refused")

    def test_an_unknown_or_removed_one_is_refused(self, signed_up: SignedUp, client: TestClient) -> None:
        ada = signed_up()
        device = enrol_passkey(ada)
        passkey_id = ada.get("/auth/second-factors").json()["passkeys"][0]["passkeyId"]
        ada.delete(f"/auth/passkeys/{passkey_id}")
        assert refusal(log_in_alone(client, device)) == (401, "passkey_refused")
        assert refusal(log_in_alone(client, Authenticator())) == (401, "passkey_refused")

    def test_an_answer_counts_once_and_for_its_own_attempt(self, signed_up: SignedUp, client: TestClient) -> None:
        device = enrol_passkey(signed_up())
        begun, other = (ask(client, "passkeys/login/options").json() for _ in range(2))
        credential = device.get(begun["publicKey"])
        over = (400, "passkey_challenge_over")
        stolen = ask(client, "passkeys/login", {"challenge": other["challenge"], "credential": credential})
        assert refusal(stolen) == over
        body = {"challenge": begun["challenge"], "credential": credential}
        assert ask(client, "passkeys/login", body).status_code == 200
        assert refusal(ask(client, "passkeys/login", body)) == over

    def test_a_challenge_to_add_a_passkey_signs_nobody_in(self, signed_up: SignedUp, client: TestClient) -> None:
        """Not even where the user and session it is bound to, known to them both, are given as the attempt."""
        ada = signed_up()
        device = enrol_passkey(ada)
        options = creation_options(ada)
        credential = device.get({"rpId": "localhost", "challenge": options["challenge"]})
        attempt = f"{ada.user_id}:{ada.cookie.partition('.')[0]}"
        answer = ask(client, "passkeys/login", {"challenge": attempt, "credential": credential})
        assert refusal(answer) == (400, "passkey_challenge_over")

    @pytest.mark.parametrize("shown", [5, 4, 0])
    def test_a_counter_that_goes_back_is_refused_and_noted(
        self, signed_up: SignedUp, client: TestClient, session: Session, shown: int
    ) -> None:
        ada = signed_up()
        device = enrol_passkey(ada)
        assert log_in_alone(client, device, count=5).status_code == 200
        assert refusal(log_in_alone(client, device, count=shown)) == (401, "passkey_refused")
        noted = session.scalars(select(AuditEvent).where(AuditEvent.action == "passkey.copy_suspected")).one()
        assert noted.details == {"userId": ada.user_id, "known": 5, "shown": shown}
        assert session.scalars(select(Passkey.sign_count)).one() == 5
        assert log_in_alone(client, device, count=6).status_code == 200

    def test_an_authenticator_that_does_not_count_is_fine(self, signed_up: SignedUp, client: TestClient) -> None:
        device = enrol_passkey(signed_up())
        for _ in range(2):
            assert log_in_alone(client, device, count=0).status_code == 200

    def test_strangers_who_fail_often_wait(
        self, signed_up: SignedUp, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(throttle, "ADDRESS_FACTOR", 1)
        device = enrol_passkey(signed_up())
        for _ in range(10):
            assert refusal(log_in_alone(client, Authenticator())) == (401, "passkey_refused")
        begun = {"challenge": "any", "credential": device.get({"rpId": "localhost", "challenge": "b3RoZXI"})}
        for answer in (ask(client, "passkeys/login/options"), ask(client, "passkeys/login", begun)):
            assert refusal(answer) == (429, "too_many_requests")

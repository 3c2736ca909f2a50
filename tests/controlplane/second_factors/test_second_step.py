"""The second step of signing in: its challenge, its tries, and a passkey in it or instead of everything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.audit.models import AuditEvent
from controlplane.login import second_step, service, tasks, throttle
from controlplane.login.errors import SecondFactorRequired
from controlplane.login.models import LoginSession, SignInChallenge
from controlplane.second_factors.models import Passkey, PasskeyChallenge
from controlplane.users.models import User
from tests.controlplane.mailbox import last_body, mails
from tests.controlplane.people import API, SignedUp
from tests.controlplane.second_factors.factors import (
    ask,
    creation_options,
    enrol_app,
    enrol_passkey,
    first_step,
    log_in_alone,
    prove,
    prove_passkey,
    refusal,
    request_options,
)
from tests.support.authenticator import Authenticator

WRONG = (401, "wrong_second_factor")
OVER = (401, "second_factor_challenge_over")


def test_the_right_code_gives_a_session_that_says_how(
    signed_up: SignedUp, client: TestClient, session: Session
) -> None:
    ada = signed_up()
    app, _ = enrol_app(ada)
    asked = first_step(ada)
    answer = client.post(
        f"{API}/auth/second-factor", json={"challenge": asked["challenge"], "method": "totp", "code": app.code(1)}
    )
    assert answer.status_code == 200
    assert set(answer.json()) == {"user", "accessToken", "expiresAt"}
    assert client.get(f"{API}/auth/me").json()["user"]["userId"] == ada.user_id
    assert "password+totp" in session.scalars(select(LoginSession.method)).all()
    again = prove(client, asked["challenge"], "totp", app.code(1))
    assert refusal(again) == OVER


def test_a_challenge_bears_a_few_wrong_answers(signed_up: SignedUp, client: TestClient, session: Session) -> None:
    ada = signed_up()
    app, _ = enrol_app(ada)
    challenge = first_step(ada)["challenge"]
    for left in (4, 3, 2, 1):
        answer = prove(client, challenge, "totp", "000000")
        assert refusal(answer) == WRONG
        assert answer.json()["details"] == {"triesLeft": left}
    assert prove(client, challenge, "totp", app.code(1)).status_code == 200
    failed = session.scalars(select(AuditEvent).where(AuditEvent.action == "auth.second_factor_failed")).all()
    assert [(event.target, event.details) for event in failed] == [(ada.user_id, {"method": "totp"})] * 4


def test_and_no_more(signed_up: SignedUp, client: TestClient) -> None:
    ada = signed_up()
    app, codes = enrol_app(ada)
    challenge = first_step(ada)["challenge"]
    for _ in range(5):
        assert refusal(prove(client, challenge, "totp", "000000")) == WRONG
    for method, code in (("totp", app.code(1)), ("recovery_code", codes[0])):
        assert refusal(prove(client, challenge, method, code)) == OVER
    assert prove(client, first_step(ada)["challenge"], "totp", app.code(1)).status_code == 200


def test_who_fails_that_often_is_told_of_by_mail(signed_up: SignedUp, client: TestClient, session: Session) -> None:
    ada = signed_up()
    enrol_app(ada)
    challenge = first_step(ada)["challenge"]
    for warnings in (0, 0, 0, 0, 1):
        prove(client, challenge, "totp", "000000")
        assert len(mails(session, ada.email, "second_factor_failed")) == warnings
    assert "5 times" in last_body(session, ada.email, "second_factor_failed").text


def test_new_challenges_give_no_more_guesses(signed_up: SignedUp, client: TestClient) -> None:
    """Who knows the password gets as many challenges as they like, and still only ten wrong codes in a while."""
    ada, bob = signed_up("ada"), signed_up("bob")
    app, codes = enrol_app(ada)
    bobs, _ = enrol_app(bob)
    for _ in range(2):
        challenge = first_step(ada)["challenge"]
        for _ in range(5):
            assert refusal(prove(client, challenge, "totp", "000000")) == WRONG
    challenge = first_step(ada)["challenge"]
    for method, code in (("totp", app.code(1)), ("recovery_code", codes[0])):
        assert refusal(prove(client, challenge, method, code)) == (429, "too_many_requests")
    assert prove(client, first_step(bob)["challenge"], "totp", bobs.code(1)).status_code == 200


def test_guesses_from_many_networks_count_together(signed_up: SignedUp, app: FastAPI) -> None:
    ada = signed_up()
    code = enrol_app(ada)[0].code(1)
    for number in range(10):
        elsewhere = TestClient(app, base_url="http://127.0.0.1:8000", client=(f"203.0.113.{number}", 50_000))
        assert refusal(prove(elsewhere, first_step(ada)["challenge"], "totp", "000000")) == WRONG
    answer = prove(ada.client, first_step(ada)["challenge"], "totp", code)
    assert refusal(answer) == (429, "too_many_requests")


def test_guessers_do_not_lock_out_a_passkey(signed_up: SignedUp, client: TestClient) -> None:
    ada = signed_up()
    enrol_app(ada)
    device = enrol_passkey(ada)
    for _ in range(2):
        challenge = first_step(ada)["challenge"]
        for _ in range(5):
            prove(client, challenge, "recovery_code", "00000-00000")
    challenge = first_step(ada)["challenge"]
    credential = device.get(request_options(client, challenge))
    assert prove_passkey(client, challenge, credential).status_code == 200


def test_a_challenge_ends(
    signed_up: SignedUp, client: TestClient, session: Session, later: Callable[[timedelta], None]
) -> None:
    ada = signed_up()
    app, _ = enrol_app(ada)
    challenge = first_step(ada)["challenge"]
    ask(client, "passkeys/login/options")
    later(timedelta(minutes=10, seconds=1))
    assert refusal(prove(client, challenge, "totp", app.code())) == OVER
    assert refusal(prove(client, "made up", "totp", app.code())) == OVER
    tasks.forget_expired()
    assert session.scalars(select(SignInChallenge)).all() == []
    assert session.scalars(select(PasskeyChallenge)).all() == []


def test_a_challenge_is_kept_as_a_digest_and_ends_with_the_password(
    signed_up: SignedUp, client: TestClient, session: Session
) -> None:
    ada = signed_up()
    app, _ = enrol_app(ada)
    challenge = first_step(ada)["challenge"]
    assert challenge not in session.scalars(select(SignInChallenge.digest)).all()
    second_step.forget(session, ada.user_id)
    assert refusal(prove(client, challenge, "totp", app.code(1))) == OVER


def test_a_challenge_is_for_its_own_user(signed_up: SignedUp, client: TestClient) -> None:
    ada, eve = signed_up("ada"), signed_up("eve")
    enrol_app(ada)
    eves, codes = enrol_app(eve)
    challenge = first_step(ada)["challenge"]
    assert refusal(prove(client, challenge, "totp", eves.code(1))) == WRONG
    assert refusal(prove(client, challenge, "recovery_code", codes[0])) == WRONG


def test_a_method_one_does_not_have(signed_up: SignedUp, client: TestClient) -> None:
    ada = signed_up()
    enrol_app(ada)
    challenge = first_step(ada)["challenge"]
    assert refusal(prove_passkey(client, challenge, {})) == (400, "no_such_factor")
    assert refusal(ask(client, "second-factor/options", {"challenge": challenge})) == (400, "no_such_factor")
    answer = ask(client, "second-factor", {"challenge": challenge, "method": "sms", "code": "1"})
    assert answer.status_code == 422


def test_a_wrong_password_tells_nothing_of_second_factors(signed_up: SignedUp, client: TestClient) -> None:
    enrol_app(signed_up("ada"))
    signed_up("bob")
    answers = [
        ask(client, "login", {"email": f"{name}@example.com", "password": "wrong horse battery"})
        for name in ("ada", "bob", "nobody")
    ]
    assert len({answer.text for answer in answers}) == 1


def test_every_other_way_in_is_asked_too(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    enrol_app(ada)
    user = session.get_one(User, ada.user_id)
    outcome = service.admit(session, user, "github", None)
    assert isinstance(outcome, SecondFactorRequired)
    assert session.scalars(select(SignInChallenge.method)).all() == ["github"]


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


def test_another_site_signs_nobody_in(signed_up: SignedUp, client: TestClient) -> None:
    ada = signed_up()
    app, _ = enrol_app(ada)
    body = {"challenge": first_step(ada)["challenge"], "method": "totp", "code": app.code(1)}
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "http://evil.example"}):
        for path in ("second-factor", "second-factor/options", "passkeys/login", "passkeys/login/options"):
            answer = client.post(f"{API}/auth/{path}", json=body, headers=headers)
            assert refusal(answer) == (403, "csrf_refused")
    assert ask(client, "second-factor", body).status_code == 200


def test_a_factor_removed_meanwhile_proves_nothing(signed_up: SignedUp, client: TestClient) -> None:
    ada = signed_up()
    app, _ = enrol_app(ada)
    challenge = first_step(ada)["challenge"]
    ada.delete("/auth/totp")
    assert refusal(prove(client, challenge, "totp", app.code(1))) == (400, "no_such_factor")

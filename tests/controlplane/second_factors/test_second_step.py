"""The second step of signing in: its challenge, its tries, and who may not answer it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.audit.models import AuditEvent
from controlplane.login import second_step, service, tasks
from controlplane.login.errors import SecondFactorRequired
from controlplane.login.models import LoginSession, SignInChallenge
from controlplane.second_factors.models import PasskeyChallenge
from controlplane.users.models import User
from tests.controlplane.mailbox import last_body, mails
from tests.controlplane.people import API, SignedUp
from tests.controlplane.second_factors.factors import (
    ask,
    enrol_app,
    enrol_passkey,
    first_step,
    prove,
    prove_passkey,
    refusal,
    request_options,
)

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


def test_so_is_who_begins_anew_before_each_guess(signed_up: SignedUp, client: TestClient, session: Session) -> None:
    ada = signed_up()
    enrol_app(ada)
    for warnings in (0, 0, 0, 0, 1, 1):
        prove(client, first_step(ada)["challenge"], "totp", "000000")
        assert len(mails(session, ada.email, "second_factor_failed")) == warnings


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

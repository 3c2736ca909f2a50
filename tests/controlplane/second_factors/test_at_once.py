"""Two at the same moment, with real commits: one code, one challenge, one credential is good for one of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from controlplane.login.models import SignInChallenge
from controlplane.second_factors import passkeys
from controlplane.second_factors.models import Passkey, RecoveryCode
from tests.controlplane.people import SignedUp
from tests.controlplane.second_factors.factors import (
    ask,
    creation_options,
    enrol_app,
    enrol_passkey,
    first_step,
    prove,
    prove_passkey,
    request_options,
)
from tests.support.authenticator import Authenticator

pytestmark = pytest.mark.usefixtures("committed")
CROWD = 6


def at_once(call: Callable[[int], httpx2.Response]) -> list[int]:
    with ThreadPoolExecutor(CROWD) as pool:
        return sorted(answer.status_code for answer in pool.map(call, range(CROWD)))


@pytest.mark.parametrize("method", ["totp", "recovery_code"])
def test_a_code_is_good_for_one_of_many_attempts(signed_up: SignedUp, client: TestClient, method: str) -> None:
    ada = signed_up()
    app, codes = enrol_app(ada)
    code = app.code(1) if method == "totp" else codes[0]
    challenges = [first_step(ada)["challenge"] for _ in range(CROWD)]
    statuses = at_once(lambda number: prove(client, challenges[number], method, code))
    assert statuses == [200] + [401] * (CROWD - 1)


def test_a_challenge_is_good_for_one_of_many_codes(
    signed_up: SignedUp, client: TestClient, committed: sessionmaker[Session]
) -> None:
    ada = signed_up()
    _, codes = enrol_app(ada)
    challenge = first_step(ada)["challenge"]
    statuses = at_once(lambda number: prove(client, challenge, "recovery_code", codes[number]))
    assert statuses == [200] + [401] * (CROWD - 1)
    with committed() as session:
        assert session.scalar(select(func.count()).where(RecoveryCode.used_at.is_not(None))) == 1


def test_wrong_codes_at_once_are_all_counted(
    signed_up: SignedUp, client: TestClient, committed: sessionmaker[Session]
) -> None:
    ada = signed_up()
    enrol_app(ada)
    challenge = first_step(ada)["challenge"]
    at_once(lambda _: prove(client, challenge, "totp", "000000"))
    with committed() as session:
        assert session.scalars(select(SignInChallenge.failures)).one() == 5


def test_an_answer_of_a_passkey_is_good_once(signed_up: SignedUp, client: TestClient) -> None:
    ada = signed_up()
    device = enrol_passkey(ada)
    begun = ask(client, "passkeys/login/options").json()
    alone = {"challenge": begun["challenge"], "credential": device.get(begun["publicKey"])}
    assert at_once(lambda _: ask(client, "passkeys/login", alone)) == [200] + [400] * (CROWD - 1)
    challenge = first_step(ada)["challenge"]
    credential = device.get(request_options(client, challenge))
    assert at_once(lambda _: prove_passkey(client, challenge, credential)) == [200] + [401] * (CROWD - 1)


def test_a_copied_passkey_shows_its_counter_to_one_attempt(signed_up: SignedUp, client: TestClient) -> None:
    """Different challenges, each answered well, all with the count that comes next."""
    device = enrol_passkey(signed_up())
    begun = [ask(client, "passkeys/login/options").json() for _ in range(CROWD)]
    bodies = [{"challenge": one["challenge"], "credential": device.get(one["publicKey"], count=9)} for one in begun]
    statuses = at_once(lambda number: ask(client, "passkeys/login", bodies[number]))
    assert statuses == [200] + [401] * (CROWD - 1)


def test_one_credential_for_two_users_at_once(signed_up: SignedUp, committed: sessionmaker[Session]) -> None:
    people = [signed_up(f"p{number}") for number in range(CROWD)]
    device = Authenticator()
    bodies: list[Any] = [{"name": "Laptop", "credential": device.create(creation_options(one))} for one in people]
    statuses = at_once(lambda number: people[number].post("/auth/passkeys", bodies[number]))
    assert statuses == [201] + [409] * (CROWD - 1)
    with committed() as session:
        assert session.scalar(select(func.count()).select_from(Passkey)) == 1


def test_the_limit_holds_at_once(signed_up: SignedUp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passkeys, "LIMIT", 2)
    ada = signed_up()
    bodies: list[Any] = [
        {"name": "Laptop", "credential": Authenticator().create(creation_options(ada))} for _ in range(CROWD)
    ]
    statuses = at_once(lambda number: ada.post("/auth/passkeys", bodies[number]))
    assert statuses == [201] * 2 + [409] * (CROWD - 2)


def test_two_first_factors_at_once_make_one_set_of_codes(signed_up: SignedUp, committed: sessionmaker[Session]) -> None:
    ada = signed_up()
    bodies: list[Any] = [
        {"name": "Laptop", "credential": Authenticator().create(creation_options(ada))} for _ in range(CROWD)
    ]
    at_once(lambda number: ada.post("/auth/passkeys", bodies[number]))
    with committed() as session:
        assert session.scalar(select(func.count()).select_from(RecoveryCode)) == 10

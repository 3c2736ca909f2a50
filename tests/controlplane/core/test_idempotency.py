"""`Idempotency-Key`: one creation, one answer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from controlplane.accounts.models import Account
from controlplane.core import idempotency_service
from controlplane.core.idempotency import IdempotencyRecord
from tests.controlplane.people import Person, SignedUp


def create(person: Person, key: str, name: str = "demo", path: str = "/accounts") -> httpx2.Response:
    return person.post(path, {"name": name}, headers={"idempotency-key": key})


def test_the_same_request_gets_the_same_answer(signed_up: SignedUp) -> None:
    ada = signed_up()
    first, second = create(ada, "k"), create(ada, "k")
    assert (second.status_code, second.content) == (first.status_code, first.content) == (201, first.content)
    assert second.headers["x-request-id"] != first.headers["x-request-id"]
    assert len(ada.get("/accounts").json()["items"]) == 1


def test_another_request_with_the_same_key(signed_up: SignedUp) -> None:
    ada = signed_up()
    create(ada, "k")
    for answer in (create(ada, "k", "other"), create(ada, "k", path="/accounts?x=1")):
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert len(ada.get("/accounts").json()["items"]) == 1


def test_keys_of_different_people_are_different_keys(signed_up: SignedUp) -> None:
    assert create(signed_up("ada"), "k").status_code == create(signed_up("bob"), "k").status_code == 201


def test_a_refusal_is_not_kept(signed_up: SignedUp) -> None:
    ada = signed_up()
    assert create(ada, "k", "Not A Name").status_code == 422
    assert create(ada, "k").status_code == 201
    assert create(ada, "l").json()["code"] == "name_taken"
    assert create(ada, "l", "other").status_code == 201


def test_the_answer_is_sealed_and_bound_to_its_row(signed_up: SignedUp, session: Session) -> None:
    answer = create(signed_up(), "k")
    record = session.scalars(select(IdempotencyRecord)).one()
    assert answer.json()["accountId"].encode() not in record.body
    assert record.key_digest != "k"


def test_a_key_is_free_again_after_a_day(
    signed_up: SignedUp, session: Session, later: Callable[[timedelta], None]
) -> None:
    ada = signed_up()
    create(ada, "k")
    later(timedelta(hours=23, minutes=59))
    assert create(ada, "k", "other").status_code == 409
    later(timedelta(hours=24, minutes=1))
    assert create(ada.logs_in(), "k", "other").status_code == 201


def test_old_records_are_deleted(signed_up: SignedUp, session: Session, later: Callable[[timedelta], None]) -> None:
    create(signed_up(), "k")
    idempotency_service.forget_expired(session)
    assert session.scalar(select(func.count()).select_from(IdempotencyRecord)) == 1
    later(timedelta(hours=24, minutes=1))
    idempotency_service.forget_expired(session)
    assert session.scalar(select(func.count()).select_from(IdempotencyRecord)) == 0


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_keys_that_cannot_be(signed_up: SignedUp, key: str) -> None:
    answer = create(signed_up(), key)
    assert (answer.status_code, answer.json()["details"]["errors"][0]["field"]) == (422, "idempotency-key")


def test_twenty_at_once_make_one(committed: sessionmaker[Session], client: TestClient, signed_up: SignedUp) -> None:
    ada = signed_up()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: create(ada, "k"), range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    with committed() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 1


def test_twenty_without_a_key_make_one_by_name(
    committed: sessionmaker[Session], client: TestClient, signed_up: SignedUp
) -> None:
    ada = signed_up()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: ada.post("/accounts", {"name": "demo"}), range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"name_taken"}

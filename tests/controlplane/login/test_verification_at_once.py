"""Signing up and confirming an address several times at once: one user, one use, and nobody waits for ever."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from controlplane.login.models import MailToken
from controlplane.users.models import User
from tests.controlplane.login.mailed import token
from tests.controlplane.login.verifying import KIND, post, sign_up
from tests.controlplane.people import PASSWORD
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("mailing")


def test_ten_at_once_make_one_user(
    committed: sessionmaker[Session], client: TestClient, at: Callable[[str], TestClient]
) -> None:
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: sign_up(client).status_code, range(5)))
    assert answers == [202] * 5
    with committed() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 1
        assert session.scalar(select(func.count()).select_from(MailToken)) == 1


def test_two_uses_at_once_are_one(committed: sessionmaker[Session], client: TestClient) -> None:
    sign_up(client)
    with committed() as session:
        secret = token(session, "ada@example.com", KIND)
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: post(client, "/verify-email", token=secret).status_code, range(5)))
    assert sorted(answers) == [200, 400, 400, 400, 400]


def test_using_a_link_while_another_is_made_holds_up_nobody(
    committed: sessionmaker[Session], client: TestClient
) -> None:
    """Neither waits for a row the other has: no deadlock, which would be a 503."""
    for number in range(4):
        email = f"p{number}@example.com"
        sign_up(client, email)
        with committed() as session:
            secret = token(session, email, KIND)
        with ThreadPoolExecutor(4) as pool:
            again = [pool.submit(post, client, "/signup", email=email, password=PASSWORD) for _ in range(2)]
            used = [pool.submit(post, client, "/verify-email", token=secret) for _ in range(2)]
            assert {one.result().status_code for one in again} == {202}
            assert {one.result().status_code for one in used} <= {200, 400}


def test_no_password_slips_in_while_the_address_is_being_confirmed(
    committed: sessionmaker[Session], client: TestClient
) -> None:
    sign_up(client)
    with ThreadPoolExecutor(1) as pool, committed() as confirming:
        user = confirming.scalars(select(User).with_for_update()).one()
        user.verified_at = user.created_at
        confirming.flush()
        planted = pool.submit(sign_up, client, "ada@example.com", "mallory horse battery")
        until(lambda: waits_for_a_lock(committed))
        confirming.commit()
        assert planted.result().status_code == 202
    assert post(client, "/login", email="ada@example.com", password="mallory horse battery").status_code == 401
    assert post(client, "/login", email="ada@example.com", password=PASSWORD).status_code == 200


def waits_for_a_lock(sessions: sessionmaker[Session]) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with sessions() as looking:
        return bool(looking.execute(text(query)).scalar_one())

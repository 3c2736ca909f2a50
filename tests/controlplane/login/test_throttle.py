"""Guessing is slow, mail is not a weapon, and nobody locks somebody else out of their own place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from controlplane.login import throttle
from controlplane.settings import settings
from tests.controlplane.login.mailed import token
from tests.controlplane.mailbox import mails
from tests.controlplane.people import API, PASSWORD

At = Callable[[str], TestClient]
EMAIL = "ada@example.com"


def send(client: TestClient, path: str, **body: str) -> int:
    answer = client.post(f"{API}/auth{path}", json=body)
    client.cookies.clear()
    return answer.status_code


def log_in(client: TestClient, password: str = PASSWORD) -> int:
    return send(client, "/login", email=EMAIL, password=password)


def sign_up(client: TestClient, email: str = EMAIL) -> int:
    return send(client, "/signup", email=email, password=PASSWORD)


def fails(client: TestClient, times: int | None = None) -> list[int]:
    return [log_in(client, "wrong horse battery") for _ in range(times or settings().login_failures_allowed)]


def test_failing_on_purpose_locks_out_who_does_it_and_not_the_user(at: At) -> None:
    home, mallory = at("192.0.2.1"), at("198.51.100.1")
    assert sign_up(home) == 201
    assert fails(mallory, 11) == [401] * 10 + [429]
    assert log_in(mallory) == 429
    assert log_in(home) == 200
    # Not even from where the user never was.
    assert log_in(at("203.0.113.5")) == 200


def test_a_crowd_of_addresses_is_stopped_but_the_user_s_own_place_is_open(at: At) -> None:
    home = at("192.0.2.1")
    assert sign_up(home) == 201
    for number in range(throttle.EVERYWHERE_FACTOR):
        assert fails(at(f"198.51.100.{number}"))[-1] == 401
    assert fails(at("198.51.100.77"), 1) == [429]
    assert log_in(at("203.0.113.5")) == 429
    assert log_in(home) == 200
    # Even there guessing is as slow as anywhere.
    assert fails(home, 11) == [401] * 10 + [429]


def test_a_reset_opens_the_door_again(at: At, session: Session) -> None:
    home, abroad = at("192.0.2.1"), at("203.0.113.5")
    assert sign_up(home) == 201
    for number in range(throttle.EVERYWHERE_FACTOR):
        fails(at(f"198.51.100.{number}"))
    assert log_in(abroad) == 429
    assert send(abroad, "/password/forgot", email=EMAIL) == 202
    secret = token(session, EMAIL, "password_reset")
    assert send(abroad, "/password/reset", token=secret, password="quite another horse") == 204
    assert log_in(abroad, "quite another horse") == 200


def test_an_address_nobody_has_is_stopped_just_the_same(at: At) -> None:
    for number in range(throttle.EVERYWHERE_FACTOR):
        assert fails(at(f"198.51.100.{number}"))[-1] == 401
    assert log_in(at("203.0.113.5")) == 429


def test_the_addresses_of_one_ipv6_customer_are_one(at: At) -> None:
    assert sign_up(at("192.0.2.1")) == 201
    answers = [fails(at(f"2001:db8:1:2::{number}"), 1)[0] for number in range(1, 12)]
    assert answers == [401] * 10 + [429]
    assert fails(at("2001:db8:1:3::1"), 1) == [401]


def test_an_ipv4_address_in_ipv6_clothes_is_itself(at: At) -> None:
    fails(at("198.51.100.1"))
    assert log_in(at("::ffff:198.51.100.1")) == 429


def test_links_are_not_guessed(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "ADDRESS_FACTOR", 1)
    answers = [send(client, "/verify-email", token=f"guess{number}") for number in range(6)]
    answers += [send(client, "/password/reset", token=f"guess{n}", password=PASSWORD) for n in range(5)]
    assert answers == [400] * 10 + [429]


@pytest.mark.parametrize("path", ["/password/forgot", "/verify-email/resend"])
def test_nobody_s_mailbox_is_flooded(at: At, session: Session, path: str) -> None:
    assert sign_up(at("192.0.2.1")) == 201
    limit = settings().mails_per_recipient_per_hour
    for email in (EMAIL, "nobody@example.com"):
        # From everywhere, and whether anybody has the address or not.
        answers = [send(at(f"198.51.100.{number}"), path, email=email) for number in range(limit + 1)]
        assert answers == [202] * limit + [429]
        assert len(mails(session, email)) == limit


def test_ways_to_confirm_an_address_count_together_and_leave_the_way_back_open(
    at: At, configured: Callable[..., None], session: Session
) -> None:
    configured(smtp_url="smtp://127.0.0.1:1", mail_from="cloud@example.com", mails_per_recipient_per_hour=3)
    assert [sign_up(at("192.0.2.1")) for _ in range(2)] == [202, 202]
    answers = [send(at("192.0.2.1"), "/verify-email/resend", email=EMAIL) for _ in range(2)]
    assert answers == [202, 429]
    assert len(mails(session, EMAIL)) == 3
    assert send(at("192.0.2.1"), "/password/forgot", email=EMAIL) == 202


def test_an_hour_later_mail_may_go_again(client: TestClient, later: Callable[[timedelta], None]) -> None:
    limit = settings().mails_per_recipient_per_hour
    assert [send(client, "/password/forgot", email=EMAIL) for _ in range(limit + 1)][-1] == 429
    later(timedelta(hours=1, seconds=1))
    assert send(client, "/password/forgot", email=EMAIL) == 202


def test_one_network_address_asks_for_so_much_mail(at: At, configured: Callable[..., None]) -> None:
    configured(mails_per_address_per_hour=3)
    office = at("192.0.2.1")
    answers = [send(office, "/password/forgot", email=f"p{number}@example.com") for number in range(4)]
    assert answers == [202, 202, 202, 429]
    assert send(at("192.0.2.2"), "/password/forgot", email="p9@example.com") == 202


def test_one_network_address_makes_so_many_users(at: At, configured: Callable[..., None]) -> None:
    configured(signups_per_address_per_hour=3)
    answers = [sign_up(at("192.0.2.1"), f"p{number}@example.com") for number in range(4)]
    assert answers == [201, 201, 201, 429]
    assert sign_up(at("192.0.2.2"), "p9@example.com") == 201


# On the machine of who tries it, but not where a proxy beside the plane brings in everybody by one address.
REACHED = [
    ({"loopback_mode": "true"}, True),
    ({"loopback_mode": "false"}, False),
    ({"public_url": "https://cloud.example.com"}, False),
    ({"public_host": "0.0.0.0"}, False),
]


@pytest.mark.parametrize(("reached", "by_one"), REACHED)
def test_guessing_of_one_does_not_stop_everybody_on_a_machine(
    at: At, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch, reached: dict[str, str], by_one: bool
) -> None:
    monkeypatch.setattr(throttle, "ADDRESS_FACTOR", 1)
    configured(**reached)
    local = at("127.0.0.1")
    assert [send(local, "/verify-email", token=f"guess{number}") for number in range(11)][-1] == (
        400 if by_one else 429
    )
    assert [log_in(local, "wrong horse battery") for _ in range(11)][-1] == 429


@pytest.mark.parametrize(("reached", "by_one"), REACHED)
def test_on_one_s_own_machine_everybody_has_one_address(
    at: At, configured: Callable[..., None], reached: dict[str, str], by_one: bool
) -> None:
    configured(signups_per_address_per_hour=1, **reached)
    last = 201 if by_one else 429
    assert [sign_up(at("127.0.0.1"), f"p{number}@example.com") for number in range(2)] == [201, last]

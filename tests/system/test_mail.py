"""A plane with a mail server: from signing up to a new password, by the mails that really arrive."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import Connection, create_engine, text

from embedded.layout import locate
from embedded.surroundings import for_processes
from tests.support.plane import CHECKOUT, Plane
from tests.support.smtp_sink import Sink, text_of
from tests.support.tenants import PASSWORD
from tests.support.waiting import until

pytestmark = pytest.mark.system
NEW = "quite another horse battery"


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.fixture(scope="module")
def mailing(sink: Sink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    settings = {"CONTROLPLANE_SMTP_URL": sink.url, "CONTROLPLANE_MAIL_FROM": "Restate Cloud <cloud@example.com>"}
    with Plane(tmp_path_factory.mktemp("mailing"), settings) as running:
        yield running


class Somebody:
    """With an address of their own; ``post`` is a call of ``/api/v1/auth``."""

    def __init__(self, plane: Plane, sink: Sink) -> None:
        self.plane, self.sink = plane, sink
        self.email = f"u{uuid4().hex}@example.com"
        self.read = 0

    def post(self, path: str, **body: str) -> httpx2.Response:
        return httpx2.post(f"{self.plane.api_url}/api/v1/auth{path}", json=body, timeout=60)

    def sign_up(self) -> httpx2.Response:
        return self.post("/signup", email=self.email, password=PASSWORD)

    def log_in(self, password: str = PASSWORD) -> httpx2.Response:
        return self.post("/login", email=self.email, password=password)

    def token(self, page: str) -> str:
        """Of the link in the next mail, which must lead to ``page`` of this plane."""
        self.read += 1
        # Tried again, a mail waits for its turn and then for the sweep.
        mail = until(lambda: self.sink.to(self.email)[self.read - 1 :], seconds=60)[0]
        link = re.search(rf"{re.escape(self.plane.api_url)}/{page}\?token=(\w+)", text_of(mail))
        assert link, text_of(mail)
        assert link[0] in text_of(mail, "html")
        return link[1]


@pytest.fixture
def ada(mailing: Plane, sink: Sink) -> Somebody:
    return Somebody(mailing, sink)


@pytest.fixture
def confirmed(ada: Somebody) -> Somebody:
    assert ada.sign_up().status_code == 202
    assert ada.post("/verify-email", token=ada.token("verify-email")).status_code == 200
    return ada


def test_from_signing_up_to_signed_in(ada: Somebody) -> None:
    answer = ada.sign_up()
    assert (answer.status_code, answer.json()) == (202, {"status": "verification_sent", "email": ada.email})
    unconfirmed = ada.log_in()
    assert (unconfirmed.status_code, unconfirmed.json()["code"]) == (403, "email_not_verified")
    token = ada.token("verify-email")
    signed_in = ada.post("/verify-email", token=token)
    assert signed_in.status_code == 200
    headers = {"authorization": f"Bearer {signed_in.json()['accessToken']}"}
    made = httpx2.post(f"{ada.plane.api_url}/api/v1/accounts", json={"name": "demo"}, headers=headers, timeout=60)
    assert made.status_code == 201
    assert ada.post("/verify-email", token=token).json()["code"] == "link_invalid"
    assert ada.log_in().status_code == 200
    assert ada.log_in("wrong horse battery").json()["code"] == "wrong_credentials"


def test_a_second_sign_up_looks_the_same_and_writes_to_the_owner(confirmed: Somebody) -> None:
    answer = confirmed.sign_up()
    assert (answer.status_code, answer.json()) == (202, {"status": "verification_sent", "email": confirmed.email})
    mail = until(lambda: confirmed.sink.to(confirmed.email)[confirmed.read :])[0]
    assert "signed up already" in text_of(mail)
    assert "token=" not in text_of(mail)


def test_a_new_password_once_and_in_time(confirmed: Somebody) -> None:
    ada = confirmed
    signed_in = ada.log_in().json()
    assert ada.post("/password/forgot", email=ada.email).status_code == 202
    token = ada.token("reset-password")
    assert ada.post("/password/reset", token=token, password=NEW).status_code == 204
    assert ada.post("/password/reset", token=token, password=NEW).json()["code"] == "link_invalid"
    headers = {"authorization": f"Bearer {signed_in['accessToken']}"}
    assert httpx2.get(f"{ada.plane.api_url}/api/v1/auth/me", headers=headers, timeout=60).status_code == 401
    assert (ada.log_in().status_code, ada.log_in(NEW).status_code) == (401, 200)
    # The news of it is a mail, too.
    ada.read += 1
    assert "was changed" in text_of(until(lambda: ada.sink.to(ada.email)[ada.read - 1 :])[0])
    assert ada.post("/password/forgot", email=ada.email).status_code == 202
    late = ada.token("reset-password")
    age_links(ada.plane)
    assert ada.post("/password/reset", token=late, password=PASSWORD).json()["code"] == "link_invalid"
    assert ada.log_in(NEW).status_code == 200


def test_the_host_s_outbox_shows_what_left_without_its_link(confirmed: Somebody) -> None:
    until(lambda: statuses(confirmed) == ["sent"])
    (mine,) = [row for row in outbox(confirmed.plane) if row["to"] == confirmed.email]
    assert (mine["kind"], mine["text"], mine["error"]) == ("verify_email", None, None)
    assert mine["sentAt"]


def test_mail_outlives_a_server_that_is_away(ada: Somebody) -> None:
    ada.sink.stop()
    assert ada.sign_up().status_code == 202
    assert until(lambda: statuses(ada, "error IS NOT NULL")) == ["queued"]
    ada.sink.start()
    assert ada.post("/verify-email", token=ada.token("verify-email")).status_code == 200


def age_links(plane: Plane) -> None:
    """All links that are under way were made two hours ago."""
    with database(plane) as connection:
        connection.execute(text("UPDATE mail_token SET expires_at = expires_at - interval '2 hours'"))


def statuses(somebody: Somebody, condition: str = "true") -> list[str]:
    """Of their mails; the command that shows them takes seconds to start, so it is asked once."""
    query = text(f"SELECT status FROM outbox_message WHERE recipient = :to AND {condition}")
    with database(somebody.plane) as connection:
        return list(connection.execute(query, {"to": somebody.email}).scalars())


@contextmanager
def database(plane: Plane) -> Iterator[Connection]:
    engine = create_engine(for_processes(locate(plane.env), plane.env)["CONTROLPLANE_DATABASE_URL"])
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def outbox(plane: Plane) -> list[dict[str, Any]]:
    command = [str(CHECKOUT / ".venv/bin/controlplane"), "outbox", "--output", "json", "--limit", "100"]
    done = subprocess.run(command, env=plane.env, capture_output=True, text=True, timeout=60, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]

"""Who operates the plane: the first user where it is tried out, and whom the host names."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient
from typer.testing import CliRunner

from controlplane.__main__ import app as commands
from controlplane.audit.models import AuditEvent
from controlplane.users.models import User
from tests.controlplane.people import API, PASSWORD, Person, SignedUp

run = CliRunner().invoke


def operates(person: Person) -> bool:
    answer: bool = person.get("/auth/me").json()["user"]["operator"]
    return answer


def test_the_first_user_of_a_fresh_plane(signed_up: SignedUp) -> None:
    assert [operates(signed_up(name)) for name in ("ada", "bob")] == [True, False]


@pytest.mark.parametrize(
    "reached", [{"loopback_mode": "false"}, {"public_url": "https://cloud.example.com"}, {"public_host": "0.0.0.0"}]
)
def test_where_others_come_in_nobody_by_themselves(
    signed_up: SignedUp, configured: Callable[..., None], reached: dict[str, str]
) -> None:
    configured(**reached)
    assert not operates(signed_up())


def test_of_many_first_users_at_once_one(committed: sessionmaker[Session], client: TestClient) -> None:
    def sign_up(number: int) -> int:
        body = {"email": f"p{number}@example.com", "password": PASSWORD}
        return client.post(f"{API}/auth/signup", json=body).status_code

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(sign_up, range(5))) == [201] * 5
    with committed() as session:
        assert len(session.scalars(select(User).where(User.operator)).all()) == 1


def test_the_host_names_them(signed_up: SignedUp, session: Session) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    assert run(commands, ["operator", "add", "BOB@example.com"]).output == "✓ bob@example.com is an operator\n"
    assert run(commands, ["operator", "list"]).output == "ada@example.com\nbob@example.com\n"
    session.expire_all()
    assert operates(bob)
    assert run(commands, ["operator", "remove", ada.email]).exit_code == 0
    session.expire_all()
    assert not operates(ada)
    actions = session.scalars(select(AuditEvent.action).where(AuditEvent.action.like("operator.%"))).all()
    assert actions == ["operator.add", "operator.remove"]


@pytest.mark.usefixtures("session")
def test_nobody_of_that_address(app: FastAPI) -> None:
    refused = run(commands, ["operator", "add", "nobody@example.com"])
    assert refused.exit_code == 1
    assert "signing up" in refused.output

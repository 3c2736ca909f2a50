"""Fixtures of every test of the control plane: a database, a client, people with accounts, a clock to move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient
from structlog.typing import Processor

from controlplane.app import create_app
from controlplane.core import clock, database
from controlplane.login import passwords
from controlplane.settings import settings
from tests.controlplane.node import Node, internal_client
from tests.controlplane.people import Person, SignedUp
from tests.support import database as databases
from tests.support.smtp_sink import Sink


@pytest.fixture(scope="session", autouse=True)
def _plane(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[None]:
    directory: Path = tmp_path_factory.mktemp("plane")
    run: str = getattr(request.config, "workerinput", {}).get("testrunuid") or f"{id(request.config):x}"
    with databases.plane(run, worker_id, directory):
        yield


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """The same hash at a fraction of its cost; test_passwords checks the real parameters."""
    real = passwords.hasher
    cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    passwords.hasher = lambda: cheap  # type: ignore[assignment]
    yield
    passwords.hasher = real


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    """As in production, but to the standard output of the moment, so that tests can read them."""
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
    structlog.configure(processors=processors)


@pytest.fixture(scope="session")
def app(_plane: None) -> FastAPI:
    return create_app()


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session of the test's own; the plane's sessions of this test see what it flushes. All is rolled back."""
    with databases.isolated() as sessions:
        monkeypatch.setattr(database, "_sessions", lambda: sessions)
        with sessions() as own:
            yield own


@pytest.fixture
def committed() -> Iterator[sessionmaker[Session]]:
    """Instead of `session`, for what needs real commits: concurrency, notifications, isolation levels."""
    with databases.committing() as sessions:
        yield sessions


@pytest.fixture
def client(request: pytest.FixtureRequest, app: FastAPI) -> Iterator[TestClient]:
    """Anonymous, without a cookie jar of anyone. Uses `committed` when the test does, else `session`."""
    request.getfixturevalue("committed" if "committed" in request.fixturenames else "session")
    with TestClient(app, base_url="http://127.0.0.1:8000") as made:
        yield made


@pytest.fixture
def signed_up(client: TestClient) -> SignedUp:
    """`signed_up("ada")` gives a new person who calls with an access token."""
    return lambda name="ada": Person.sign_up(client, name)


@pytest.fixture
def operator(signed_up: SignedUp, session: Session) -> Person:
    """The only operator of the plane."""
    person = signed_up("operator")
    session.execute(text('UPDATE "user" SET operator = (user_id = :id)'), {"id": person.user_id})
    session.expire_all()
    return person


@pytest.fixture
def configured() -> Iterator[Callable[..., None]]:
    """`configured(smtp_url="smtp://…")` changes settings for this test, as their variables would."""
    with pytest.MonkeyPatch.context() as own:

        def configure(**values: object) -> None:
            for name, value in values.items():
                own.setenv(f"CONTROLPLANE_{name.upper()}", str(value))
            settings.cache_clear()

        yield configure
    settings.cache_clear()


@pytest.fixture
def sink(configured: Callable[..., None]) -> Iterator[Sink]:
    """A mail server, and a plane that sends to it."""
    with Sink() as running:
        configured(smtp_url=running.url, mail_from="Restate Cloud <cloud@example.com>")
        yield running


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """`later(timedelta(hours=1))` moves the control plane's clock, from the real time each call anew."""
    real = clock.now

    def move(by: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: real() + by)

    return move


@pytest.fixture
def node(client: TestClient) -> Iterator[Node]:
    """A registered runner of region `local` that does nothing by itself."""
    with internal_client() as internal:
        yield Node.register(internal)

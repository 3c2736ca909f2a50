"""Health, readiness, metrics."""

from __future__ import annotations

import pytest
from celery import Celery
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from controlplane.core import database
from controlplane.health import service
from tests.controlplane.people import API, SignedUp

NOBODY = "postgresql+psycopg://postgres@/none?host=/nonexistent"


@pytest.fixture
def without_database(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """The application while PostgreSQL is away."""
    sessions = sessionmaker(create_engine(NOBODY), expire_on_commit=False)
    monkeypatch.setattr(database, "_sessions", lambda: sessions)
    return TestClient(app, base_url="http://127.0.0.1:8000")


def test_up(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "up"}


def test_ready_without_redis_is_degraded(client: TestClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert [(check["name"], check["ok"]) for check in answer.json()["checks"]] == [("database", True), ("redis", False)]


def test_ready(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a broker that answers, here Kombu's own in memory."""
    monkeypatch.setattr(service, "celery_app", lambda: Celery(broker="memory://"))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")


def test_old_tables_are_not_ready(client: TestClient, session: Session) -> None:
    session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    session.commit()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
    message = answer.json()["checks"][0]["message"]
    assert "0000" in message
    assert str(service.head()) in message


def test_without_a_database_it_is_up_and_not_ready(without_database: TestClient) -> None:
    assert without_database.get("/healthz").status_code == 200
    answer = without_database.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/auth/login", {"email": "a@example.com", "password": "x"}),
        ("POST", "/auth/signup", {"email": "a@example.com", "password": "correct horse battery"}),
        ("GET", "/auth/me", None),
        ("GET", "/accounts", None),
    ],
)
def test_without_a_database_calls_are_told_to_come_again(
    without_database: TestClient, method: str, path: str, body: object
) -> None:
    answer = without_database.request(method, API + path, json=body, headers={"cookie": "rc_session=x"})
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert "nonexistent" not in answer.text


def test_pages_need_no_database(without_database: TestClient) -> None:
    assert without_database.get("/").status_code == 200
    answer = without_database.get("/metrics")
    assert answer.status_code == 200
    assert "controlplane_http_requests_total" in answer.text
    assert "controlplane_environments{" not in answer.text


def test_metrics(client: TestClient, signed_up: SignedUp) -> None:
    ada = signed_up()
    ada.get(f"/accounts/{ada.account()}")
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'route="/api/v1/accounts/{account_id}",status="200"' in answer.text
    assert "controlplane_http_request_seconds_bucket" in answer.text
    assert "process_resident_memory_bytes" in answer.text
    assert 'controlplane_environments{status="ACTIVE"} 0.0' in answer.text
    assert "acc_" not in answer.text

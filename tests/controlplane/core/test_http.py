"""Errors, request ids, log lines, metrics: the same for whatever happens below."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import psycopg.errors
import pytest
from fastapi import APIRouter, FastAPI
from prometheus_client import generate_latest
from pydantic import AwareDatetime, Field, StringConstraints
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.testclient import TestClient

from controlplane.core import request_context
from controlplane.core.errors import Conflict, TooManyRequests
from controlplane.core.http import install_error_handlers
from controlplane.core.metrics import REGISTRY
from controlplane.core.middleware import RequestContext
from controlplane.core.pagination import After, Limit
from controlplane.core.schema import Schema

Word = Annotated[str, StringConstraints(min_length=1)]
SECRET = "password=hunter2 at 10.0.0.1"


class Inner(Schema):
    many_words: int = Field(ge=1)


class Outer(Schema):
    inner: Inner


def database_error(kind: type[Exception], cause: Exception) -> Exception:
    return kind(f"SELECT {SECRET}", {"p": SECRET}, cause)


ERRORS: dict[str, tuple[Exception, int, str]] = {
    "named": (Conflict("Taken.", {"by": "you"}), 409, "conflict"),
    "often": (TooManyRequests("Wait.", 7), 429, "too_many_requests"),
    "bug": (RuntimeError(SECRET), 500, "internal_error"),
    "integrity": (database_error(IntegrityError, psycopg.errors.UniqueViolation(SECRET)), 409, "conflict"),
    "nul": (database_error(DataError, psycopg.DataError(SECRET)), 422, "invalid_request"),
    "away": (database_error(OperationalError, psycopg.OperationalError(SECRET)), 503, "database_unavailable"),
    "killed": (database_error(OperationalError, psycopg.errors.AdminShutdown(SECRET)), 503, "database_unavailable"),
    "locked": (database_error(OperationalError, psycopg.errors.LockNotAvailable(SECRET)), 503, "busy"),
    "slow": (database_error(OperationalError, psycopg.errors.QueryCanceled(SECRET)), 503, "busy"),
    "idle": (database_error(OperationalError, psycopg.errors.IdleInTransactionSessionTimeout(SECRET)), 503, "busy"),
    "deadlock": (database_error(OperationalError, psycopg.errors.DeadlockDetected(SECRET)), 503, "busy"),
    "pool": (PoolTimeout(SECRET), 503, "busy"),
    "full": (database_error(OperationalError, psycopg.errors.DiskFull(SECRET)), 503, "database_unavailable"),
    "other": (database_error(OperationalError, psycopg.errors.SyntaxError(SECRET)), 500, "internal_error"),
}


@pytest.fixture
def client() -> Iterator[TestClient]:
    """An application of its own: an endpoint for each error."""
    app, router = FastAPI(), APIRouter(prefix="/things")

    @router.get("/fail/{kind}")
    def fail(kind: str) -> None:
        raise ERRORS[kind][0]

    @router.post("/outer")
    def outer(body: Outer, limit: int = 1) -> dict[str, str | int | None]:
        return {"address": request_context.address.get(), "requestId": request_context.request_id.get(), "n": limit}

    @router.get("/some")
    def some(after: After = None, limit: Limit = 50, word: Word = "w", since: AwareDatetime | None = None) -> None:
        pass

    app.include_router(router, prefix="/deep")
    install_error_handlers(app)
    app.add_middleware(RequestContext)
    with TestClient(app) as made:
        yield made


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_has_one_shape_and_tells_no_secret(client: TestClient, kind: str) -> None:
    _, status, code = ERRORS[kind]
    answer = client.get(f"/deep/things/fail/{kind}")
    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.json()["message"].endswith(".")
    assert set(answer.json()) <= {"code", "message", "details"}
    assert "hunter2" not in answer.text + str(answer.headers)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"].startswith("req_")
    assert ("retry-after" in answer.headers) == (status in {429, 503})


def test_details_and_headers_of_named_errors(client: TestClient) -> None:
    assert client.get("/deep/things/fail/named").json()["details"] == {"by": "you"}
    assert client.get("/deep/things/fail/often").headers["retry-after"] == "7"


def test_an_unexpected_error_is_logged_under_the_id_it_gives(
    client: TestClient, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = client.get("/deep/things/fail/bug")
    assert answer.headers["x-request-id"] in answer.json()["message"]
    out = "".join(capfd.readouterr())
    assert answer.headers["x-request-id"] in out
    assert "hunter2" in out


def test_wrong_fields_are_named(client: TestClient) -> None:
    answer = client.post("/deep/things/outer?limit=x", json={"inner": {"manyWords": 0, "more": 1}})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["details"]["errors"]] == [
        "limit",
        "inner.manyWords",
        "inner.more",
    ]
    assert "`limit` must be a whole number." in answer.json()["message"]
    assert "`inner.more` is not a field of this request." in answer.json()["message"]


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (0, "`limit` must be at least 1."),
        (101, "`limit` must be at most 100."),
        ("x", "`limit` must be a whole number."),
        ("9" * 30, "`limit` must be at most 100."),
    ],
)
def test_limits_are_said_plainly(client: TestClient, limit: object, said: str) -> None:
    answer = client.get(f"/deep/things/some?limit={limit}")
    assert (answer.status_code, answer.json()["message"]) == (422, said)


def test_lengths_and_times_are_said_plainly(client: TestClient) -> None:
    answer = client.get(f"/deep/things/some?word=&since=2027-01-01T00:00:00&after={'x' * 65}")
    assert answer.json()["message"].split(". ") == [
        "`after` must have at most 64 characters",
        "`word` must have at least 1 character(s)",
        "`since` must name its offset from UTC, as in 2027-01-31T12:00:00Z.",
    ]
    assert "such as 2027" in client.get("/deep/things/some?since=soon").json()["message"]


def test_values_sent_are_not_repeated(client: TestClient) -> None:
    answer = client.post("/deep/things/outer", json={"inner": {"manyWords": "hunter2"}})
    assert answer.status_code == 422
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "code"), [("GET", "/no", "not_found"), ("PUT", "/deep/things/outer", "method_not_allowed")]
)
def test_no_such_address_or_method(client: TestClient, method: str, path: str, code: str) -> None:
    answer = client.request(method, path)
    assert answer.json()["code"] == code
    assert answer.status_code in {404, 405}


def test_ids_and_addresses_are_our_own(client: TestClient) -> None:
    claimed = {"x-request-id": "mine", "x-forwarded-for": "1.2.3.4", "forwarded": "for=1.2.3.4"}
    answers = [client.post("/deep/things/outer", json={"inner": {"manyWords": 1}}, headers=claimed) for _ in range(2)]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert [answer.json()["requestId"] for answer in answers] == ids
    assert len({*ids, "mine"}) == 3
    assert {answer.json()["address"] for answer in answers} == {"testclient"}
    assert request_context.request_id.get() is None


def test_log_lines_hold_no_query(client: TestClient, capfd: pytest.CaptureFixture[str]) -> None:
    client.post("/deep/things/outer?limit=31&token=hunter2", json={})
    out = "".join(capfd.readouterr())
    assert "/deep/things/outer" in out
    assert "hunter2" not in out


def test_metrics_by_route_template(client: TestClient) -> None:
    for kind in ("named", "often", "bug"):
        client.get(f"/deep/things/fail/{kind}")
    client.get("/no/such/thing")
    client.request("BREW", "/no/such/thing")
    text = generate_latest(REGISTRY).decode()
    for status in (409, 429, 500):
        assert (
            f'controlplane_http_requests_total{{method="GET",route="/deep/things/fail/{{kind}}",status="{status}"}}'
        ) in text
    assert 'route="unmatched",status="404"' in text
    assert "no/such" not in text
    assert "BREW" not in text


def test_security_headers_on_errors_too(client: TestClient) -> None:
    for path in ("/no", "/deep/things/fail/bug"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]

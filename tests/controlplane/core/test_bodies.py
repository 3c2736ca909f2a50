"""What is refused before anything reads it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from controlplane.settings import settings
from tests.controlplane.people import API, SignedUp

LIMIT = 1024 * 1024


def chunks(total: int) -> Iterator[bytes]:
    yield b'{"name": "a"'
    for _ in range(total // 65536):
        yield b" " * 65536
    yield b"}"


def test_the_limit_of_the_settings() -> None:
    assert settings().request_body_limit_bytes == LIMIT


def test_a_declared_length_beyond_the_limit(client: TestClient) -> None:
    answer = client.post(f"{API}/accounts", content=b" " * (LIMIT + 1), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-request-id"].startswith("req_")


def test_chunks_beyond_the_limit(client: TestClient) -> None:
    answer = client.post(f"{API}/accounts", content=chunks(2 * LIMIT), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


def test_chunks_within_the_limit(signed_up: SignedUp) -> None:
    answer = signed_up().call(
        "POST", "/accounts", content=chunks(LIMIT // 2), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json"]
)
def test_other_content_types(signed_up: SignedUp, content_type: str) -> None:
    ada = signed_up()
    answer = ada.call("POST", "/accounts", content=b'{"name": "a"}', headers={"content-type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert ada.get("/accounts").json()["items"] == []


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_content_types(signed_up: SignedUp, content_type: str) -> None:
    answer = signed_up().call("POST", "/accounts", content=b'{"name": "a"}', headers={"content-type": content_type})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"nonsense", b'{"name": "a"', b"\xff\xfe", b"[" * 100_000, b'{"name": ' + b"9" * 5000 + b"}",
        b'{"name": "a"} trailing',
    ],
)  # fmt: skip
def test_what_is_not_json(signed_up: SignedUp, body: bytes) -> None:
    answer = signed_up().call("POST", "/accounts", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")


@pytest.mark.parametrize(
    "body", [b'{"name": NaN}', b'{"name": "\\ud800"}', b"null", b'"a"', b"true", b'{"name": [[]]}']
)
def test_json_of_the_wrong_kind(signed_up: SignedUp, body: bytes) -> None:
    answer = signed_up().call("POST", "/accounts", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_no_body_where_one_is_needed(signed_up: SignedUp) -> None:
    answer = signed_up().post("/accounts")
    assert (answer.status_code, answer.json()["message"]) == (422, "`body` is required.")


def test_zero_bytes_with_a_json_content_type(signed_up: SignedUp) -> None:
    """As the stock CLI sends them."""
    ada = signed_up()
    headers = ada.headers | {"content-type": "application/json"}
    assert ada.client.post("/cloud/ListAccounts", content=b"", headers=headers).status_code == 200

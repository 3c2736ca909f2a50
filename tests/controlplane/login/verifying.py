"""Signing up and confirming the address, as a browser does it."""

from __future__ import annotations

import httpx2
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests.controlplane.login.mailed import token
from tests.controlplane.people import API, PASSWORD

KIND = "verify_email"


def post(client: TestClient, path: str, **body: object) -> httpx2.Response:
    answer = client.post(f"{API}/auth{path}", json=body)
    client.cookies.clear()
    return answer


def sign_up(client: TestClient, email: str = "ada@example.com", password: str = PASSWORD) -> httpx2.Response:
    answer = post(client, "/signup", email=email, password=password)
    assert answer.status_code == 202, answer.text
    return answer


def verified(client: TestClient, session: Session, email: str = "ada@example.com") -> httpx2.Response:
    answer = post(client, "/verify-email", token=token(session, email, KIND))
    assert answer.status_code == 200, answer.text
    return answer


def shown(answer: httpx2.Response) -> object:
    """All of an answer that anybody can see."""
    headers = {name: value for name, value in answer.headers.items() if name not in {"x-request-id", "date"}}
    return answer.status_code, headers, answer.content

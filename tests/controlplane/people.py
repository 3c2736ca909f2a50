"""People who use the plane in tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import httpx2
from starlette.testclient import TestClient

from controlplane.auth import Role
from controlplane.core.database import transaction
from controlplane.members import service as members

API = "/api/v1"
PASSWORD = "correct horse battery"


@dataclass
class Person:
    """Calls the API with an access token; `path` is relative to /api/v1."""

    client: TestClient
    user_id: str
    email: str
    token: str
    cookie: str

    @classmethod
    def sign_up(cls, client: TestClient, name: str) -> Person:
        email = f"{name}@example.com"
        answer = client.post(f"{API}/auth/signup", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        client.cookies.clear()
        body = answer.json()
        return cls(client, body["user"]["userId"], email, body["accessToken"], answer.cookies["rc_session"])

    def logs_in(self, password: str = PASSWORD) -> Person:
        """The same person with a new session and access token."""
        answer = self.client.post(f"{API}/auth/login", json={"email": self.email, "password": password})
        assert answer.status_code == 200, answer.text
        self.client.cookies.clear()
        return Person(self.client, self.user_id, self.email, answer.json()["accessToken"], answer.cookies["rc_session"])

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = self.headers | options.pop("headers", {})
        return self.client.request(method, API + path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx2.Response:
        return self.call("POST", path, json=body, **options)

    def delete(self, path: str, **options: Any) -> httpx2.Response:
        return self.call("DELETE", path, **options)

    def account(self, name: str = "demo") -> str:
        """A new account of which this person is the owner; its identifier."""
        answer = self.post("/accounts", {"name": name})
        assert answer.status_code == 201, answer.text
        identifier: str = answer.json()["accountId"]
        return identifier

    def joins(self, account_id: str, role: Role) -> Person:
        """Become a member, by the service that invitations will use."""
        with transaction() as session:
            members.add(session, account_id, self.user_id, role)
        return self


class SignedUp(Protocol):
    def __call__(self, name: str = "ada") -> Person: ...

"""Programs that ask for access, and people who decide, as tests play them."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from starlette.testclient import TestClient

from tests.controlplane.people import Person

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
REDIRECT = "http://localhost:33912/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


@dataclass
class Program:
    """A client at the protocol's endpoints; answers are given as they are."""

    client: TestClient
    client_id: str = "restate-cli"
    headers: dict[str, str] = field(default_factory=lambda: {"user-agent": "restate-cli/1.7.12"})

    def post(self, path: str, **form: str) -> httpx2.Response:
        return self.client.post(path, data={"client_id": self.client_id} | form, headers=self.headers)

    def ask(self) -> dict[str, Any]:
        """A new device request."""
        answer = self.post("/oauth2/device_authorization")
        assert answer.status_code == 200, answer.text
        asked: dict[str, Any] = answer.json()
        return asked

    def poll(self, device_code: str) -> httpx2.Response:
        return self.post("/oauth2/token", grant_type=DEVICE_GRANT, device_code=device_code)

    def redeem(self, code: str, redirect_uri: str = REDIRECT, **more: str) -> httpx2.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return self.post("/oauth2/token", **form | more)


def query(client_id: str = "restate-cli", **changes: str) -> dict[str, str]:
    """An authorization request, as the stock CLI makes it unless changed; an empty value takes a parameter away."""
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": REDIRECT,
        "state": "0f" * 16,
        "scope": "openid",
    } | changes
    return {name: value for name, value in asked.items() if value}


def decide(person: Person, asked: dict[str, str], decision: str = "approve") -> dict[str, str]:
    """The parameters with which the browser comes back to the program."""
    answer = person.post("/auth/authorize/decision", asked | {"decision": decision})
    assert answer.status_code == 200, answer.text
    target = answer.json()["redirectTo"]
    assert target.startswith(f"{asked['redirect_uri']}?")
    return parameters(target)


def parameters(target: str) -> dict[str, str]:
    found = parse_qs(urlsplit(target).query, strict_parsing=True)
    assert all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()}


def error_of(answer: httpx2.Response) -> tuple[int, str]:
    """Status and `error`; every refusal has a description and is never cached."""
    assert answer.json()["error_description"]
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()["error"]


def admitted(client: TestClient, person: Person) -> Person:
    """A program that the person let in, as another caller."""
    program = Program(client)
    asked = program.ask()
    assert person.post(f"/auth/device/{asked['user_code']}", {"decision": "approve"}).status_code == 200
    token = program.poll(asked["device_code"]).json()["access_token"]
    return Person(person.client, person.user_id, person.email, token, "")

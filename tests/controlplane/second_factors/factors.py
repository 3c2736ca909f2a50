"""Enrolling second factors, and signing in with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2
import pyotp
from starlette.testclient import TestClient

from controlplane.core import clock
from tests.controlplane.people import API, PASSWORD, Person
from tests.support.authenticator import Authenticator

Json = dict[str, Any]


@dataclass
class App:
    """An authenticator app that shows codes for the control plane's clock."""

    secret: str

    def code(self, steps: int = 0) -> str:
        """The code `steps` of 30 s from now."""
        return pyotp.TOTP(self.secret).generate_otp(int(clock.now().timestamp()) // 30 + steps)


def enrol_app(person: Person) -> tuple[App, list[str]]:
    """An app that is set up and confirmed, and the recovery codes shown at that."""
    app = App(person.post("/auth/totp").json()["secret"])
    answer = person.post("/auth/totp/confirm", {"code": app.code()})
    assert answer.status_code == 200, answer.text
    return app, answer.json()["recoveryCodes"] or []


def creation_options(person: Person) -> Json:
    answer = person.post("/auth/passkeys/options")
    assert answer.status_code == 200, answer.text
    options: Json = answer.json()["publicKey"]
    return options


def add_passkey(person: Person, device: Authenticator, name: str = "Laptop") -> httpx2.Response:
    return person.post("/auth/passkeys", {"name": name, "credential": device.create(creation_options(person))})


def enrol_passkey(person: Person, verifies: bool = True) -> Authenticator:
    device = Authenticator(verifies=verifies)
    answer = add_passkey(person, device)
    assert answer.status_code == 201, answer.text
    return device


def ask(client: TestClient, path: str, body: Json | None = None) -> httpx2.Response:
    """Anonymously, as a browser that keeps no cookie."""
    answer = client.post(f"{API}/auth/{path}", json=body)
    client.cookies.clear()
    return answer


def first_step(person: Person) -> Json:
    """The details of the refusal that asks for the second factor."""
    answer = ask(person.client, "login", {"email": person.email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_required"), answer.text
    assert "rc_session" not in answer.cookies
    details: Json = answer.json()["details"]
    return details


def prove(client: TestClient, challenge: str, method: str, code: str) -> httpx2.Response:
    return ask(client, "second-factor", {"challenge": challenge, "method": method, "code": code})


def request_options(client: TestClient, challenge: str) -> Json:
    answer = ask(client, "second-factor/options", {"challenge": challenge})
    assert answer.status_code == 200, answer.text
    options: Json = answer.json()["publicKey"]
    return options


def prove_passkey(client: TestClient, challenge: str, credential: Json) -> httpx2.Response:
    return ask(client, "second-factor", {"challenge": challenge, "method": "passkey", "credential": credential})


def log_in_alone(client: TestClient, device: Authenticator, **false: Any) -> httpx2.Response:
    """With the passkey instead of a password."""
    begun = ask(client, "passkeys/login/options").json()
    credential = device.get(begun["publicKey"], **false)
    return ask(client, "passkeys/login", {"challenge": begun["challenge"], "credential": credential})


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]

"""`rcloud keys` with restrictions: what it sends, and how a list shows them."""

from __future__ import annotations

import json

import pytest

from tests.rcloud.scripted import Answer, Scripted, account, environment, page
from tests.support.rcloud import Rcloud

KEYS = "/accounts/acc_1/environments/env_1/api-keys"
RESTRICTIONS = {
    "services": ["Greeter", "Tenant*"],
    "handlers": ["Counter/*/add"],
    "objectKeys": ["tenant-7-*"],
    "methods": ["POST"],
    "networks": ["203.0.113.0/24"],
    "requestsPerSecond": 5,
    "readOnly": True,
}
KEY = {
    "keyId": "key_1", "description": "d", "role": "ingress", "lastFour": "abcd", "restrictions": None,
    "createdAt": "2026-01-01T00:00:00.000Z", "expiresAt": None, "lastUsedAt": None,
}  # fmt: skip


@pytest.fixture
def there(server: Scripted) -> Scripted:
    server.on("GET /accounts", page(account()))
    server.on("GET /accounts/acc_1/environments", page(environment()))
    server.on(f"POST {KEYS}", Answer(201, {**KEY, "secret": "key_1.secret"}))
    return server


def sent(there: Scripted) -> dict[str, object]:
    body: dict[str, object] = json.loads(there.to(KEYS)[-1].body)
    return body


def test_options_become_restrictions(signed_in: Rcloud, there: Scripted) -> None:
    options = [
        "--service",
        "Greeter",
        "--service",
        "Tenant*",
        "--handler",
        "Counter/*/add",
        "--object-key",
        "tenant-7-*",
    ]
    options += ["--method", "POST", "--network", "203.0.113.0/24", "--rate", "5", "--read-only"]
    signed_in.run("keys", "create", "dev", "--role", "ingress", *options)
    assert sent(there)["restrictions"] == RESTRICTIONS


def test_without_options_nothing_is_said_of_restrictions(signed_in: Rcloud, there: Scripted) -> None:
    signed_in.run("keys", "create", "dev")
    assert "restrictions" not in sent(there)


@pytest.mark.parametrize(("option", "value"), [("--rate", "0"), ("--service", "")])
def test_a_restriction_that_is_none_is_sent_all_the_same(
    signed_in: Rcloud, there: Scripted, option: str, value: str
) -> None:
    """A key that was to be restricted must not be made without: the API refuses these."""
    signed_in.run("keys", "create", "dev", option, value)
    assert sent(there)["restrictions"]


def test_a_list_shows_them(signed_in: Rcloud, there: Scripted) -> None:
    there.on(f"GET {KEYS}", page({**KEY, "restrictions": RESTRICTIONS}, KEY))
    signed_in.env["COLUMNS"] = "300"
    shown = signed_in.run("keys", "list", "dev").stdout
    words = "services Greeter, Tenant*; handlers Counter/*/add; keys tenant-7-*; methods POST; from 203.0.113.0/24"
    assert f"{words}; 5/s; read-only" in shown

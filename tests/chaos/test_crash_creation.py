"""Creating environments while parts are killed at random moments ends with one engine each."""

from __future__ import annotations

import random
import threading
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.chaos.killing import kill, wait_healed
from tests.support import machine
from tests.support.cast import port
from tests.support.plane import Plane
from tests.support.raw import ask
from tests.support.tenants import Person, sign_up
from tests.support.waiting import until

pytestmark = pytest.mark.system

VICTIMS = ("runner-worker", "redis", "api", "agent", "edge-agent")
_moments = random.Random(20_261_120)
# While a creation takes about half a second.
ROUNDS = [(victim, round(_moments.uniform(0, 0.6), 3)) for victim in VICTIMS * 2]


@pytest.fixture(scope="module")
def person(lonely_plane: Plane) -> Person:
    return sign_up(lonely_plane.api_url)


@pytest.fixture(scope="module")
def account(person: Person) -> str:
    account_id: str = person.created("/accounts", name=f"a{uuid4().hex[:20]}")["accountId"]
    return account_id


def insist(person: Person, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """As a careful client: the same call under the same key until it is answered."""
    headers = {"authorization": f"Bearer {person.token}", "idempotency-key": uuid4().hex}

    def answered() -> dict[str, Any] | None:
        try:
            answer = httpx2.post(f"{person.api_url}/api/v1{path}", json=body, headers=headers, timeout=10)
        except httpx2.TransportError:
            return None
        assert answer.status_code < 300 or answer.status_code >= 500, answer.text
        return answer.json() if answer.is_success else None

    return until(answered, 60)


def seen(person: Person, path: str) -> dict[str, Any]:
    """The JSON at the path, or nothing while the API is away."""
    try:
        answer = person.call("GET", path)
    except httpx2.TransportError:
        return {}
    content: dict[str, Any] = answer.json() if answer.status_code < 500 else {}
    return content


@pytest.mark.parametrize(("victim", "seconds"), ROUNDS)
def test_a_part_dies_during_a_creation(
    victim: str, seconds: float, lonely_plane: Plane, person: Person, account: str
) -> None:
    before = lonely_plane.pids
    path = f"/accounts/{account}/environments"
    death = threading.Timer(seconds, kill, (lonely_plane, victim))
    death.start()

    made = insist(person, path, {"name": f"e{uuid4().hex[:12]}"})
    own = f"{path}/{made['environmentId']}"
    shown = until(lambda: (now := seen(person, own)).get("status") == "ACTIVE" and now, 60)
    secret = insist(person, f"{own}/api-keys", {"description": "x", "role": "full"})["secret"]

    until(lambda: ask(port(shown["ingressBaseUrl"]), "GET", "/restate/health", secret).status == 200, 60)
    death.join()
    wait_healed(lonely_plane, before, victim)
    label = made["environmentId"].removeprefix("env_")
    assert len(machine.engines(lonely_plane.home, label)) == 1
    operation = until(lambda: _ended(seen(person, f"/operations/{made['operationId']}")))
    assert operation["status"] == "SUCCEEDED"
    assert [one["name"] for one in seen(person, path)["items"]] == [made["name"]]
    assert person.call("DELETE", f"{own}?purge=true").status_code == 202
    until(lambda: seen(person, path).get("items") == [], 60)
    assert machine.engines(lonely_plane.home, label) == []


def _ended(operation: dict[str, Any]) -> dict[str, Any] | None:
    return operation if operation.get("status") not in ("PENDING", "RUNNING", None) else None

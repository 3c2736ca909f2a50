"""Changes of an environment that tests make and wait for."""

from __future__ import annotations

from typing import Any

from tests.support.cast import port
from tests.support.raw import ask
from tests.support.tenants import Environment, Person
from tests.support.waiting import until


def finished(person: Person, operation_id: str) -> dict[str, Any]:
    """The operation once it has ended."""

    def ended() -> dict[str, Any] | None:
        seen: dict[str, Any] = person.call("GET", f"/operations/{operation_id}").json()
        return seen if seen["status"] not in ("PENDING", "RUNNING") else None

    return until(ended, 60)


def change(environment: Environment, method: str, tail: str = "") -> dict[str, Any]:
    """A change of the environment that must be accepted; its operation once that has succeeded."""
    answer = environment.owner.call(method, environment.path + tail)
    assert answer.status_code == 202, answer.text
    operation = finished(environment.owner, answer.json()["operationId"])
    assert operation["status"] == "SUCCEEDED", operation
    return operation


def status(environment: Environment, path: str, token: str) -> int:
    return ask(port(environment.admin_url), "GET", path, token).status


def working_key(environment: Environment, role: str = "full") -> str:
    """A new key, once the edge knows it."""
    key = environment.api_key(role)
    where, path = (
        (environment.ingress_url, "/restate/health") if role == "ingress" else (environment.admin_url, "/version")
    )
    until(lambda: ask(port(where), "GET", path, key).status == 200)
    return key


def view_of(environment: Environment) -> dict[str, Any]:
    shown: dict[str, Any] = environment.owner.call("GET", environment.path).json()
    return shown

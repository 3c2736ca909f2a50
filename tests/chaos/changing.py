"""Six principals that change one environment and its account, each operation under a name of its own."""

from __future__ import annotations

import json
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import httpx2

from tests.support.cli import Cli
from tests.support.plane import Plane
from tests.support.tenants import Environment, Person

REVOKED = "-revoked"
_REFUSALS = (400, 401, 403, 409, 422, 429)


class Outcome(StrEnum):
    """What is known of an operation's end: a refused one changes nothing, one without an answer may have been done."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass
class Scene:
    """``names`` are what operations left behind to be found in the events, by what is known of their end."""

    plane: Plane
    environment: Environment
    people: dict[str, Person]
    keys: dict[str, str]
    cli: Cli
    names: dict[Outcome, list[str]] = field(default_factory=lambda: {outcome: [] for outcome in Outcome})
    stopped: threading.Event = field(default_factory=threading.Event)

    def do(self, who: str, name: str) -> None:
        """One operation of ``who``; each principal has one kind, the admin makes keys and revokes them."""
        try:
            if who == "admin":
                self._admin(name)
            elif who == "owner":
                self._note(name, self._renames(name))
            elif who == "cli":
                self._note(name, self._queries(name))
            else:
                self._note(name, self._curls(name) if who == "curl" else self._changes(who, name))
        except (httpx2.TransportError, json.JSONDecodeError, subprocess.TimeoutExpired):
            self._note(name, Outcome.UNKNOWN)

    def count(self) -> int:
        return sum(map(len, self.names.values()))

    def events(self) -> Counter[str]:
        """How often each operation is in the record, by its name."""
        return Counter(name_of(event) for event in self._pages())

    def _note(self, name: str, outcome: Outcome) -> None:
        self.names[outcome].append(name)

    def _renames(self, name: str) -> Outcome:
        path = f"/accounts/{self.environment.account_id}"
        return _told(self.people["owner"].call("PATCH", path, json={"name": name}).status_code, 200)

    def _admin(self, name: str) -> None:
        """Makes a key and revokes all of its own that are there: one may have been made without an answer."""
        path = f"{self.environment.path}/api-keys"
        self._note(name, _told(self._asks("POST", path, {"description": name, "role": "ingress"}), 201))
        for key_id, description in self._own_keys(path).items():
            self._note(description + REVOKED, _told(self._asks("DELETE", f"{path}/{key_id}"), 204))

    def _own_keys(self, path: str) -> dict[str, str]:
        """By their ids; none while nobody can say."""
        try:
            items = self.people["admin"].call("GET", path).json().get("items", [])
        except (httpx2.TransportError, json.JSONDecodeError):
            return {}
        return {key["keyId"]: key["description"] for key in items if (key["description"] or "").startswith("xadmin")}

    def _asks(self, method: str, path: str, body: dict[str, str] | None = None) -> int:
        """The status; 0 without an answer."""
        try:
            return self.people["admin"].call(method, path, json=body).status_code
        except httpx2.TransportError:
            return 0

    def _changes(self, who: str, name: str) -> Outcome:
        """A service that is not there: the engine refuses, which is an answer too."""
        token = self.keys["full"] if who == "full" else self.people[who].token
        answer = self.environment.using(token).admin("PATCH", f"/services/{name}", json={"public": False})
        return _told(answer.status_code, 404)

    def _curls(self, name: str) -> Outcome:
        url = f"{self.environment.admin_url}/services/{name}"
        arguments = ["curl", "-sS", "-o", "-", "-w", "%{http_code}", "-X", "PATCH", "-m", "30"]
        headers = ["-H", f"authorization: Bearer {self.keys['admin']}", "-H", "content-type: application/json"]
        command = [*arguments, *headers, "-d", "{}", url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return _told(int(done.stdout[-3:] or 0), 404)

    def _queries(self, name: str) -> Outcome:
        status, output = self.cli.attempt("sql", f"SELECT '{name}' AS name")
        return Outcome.DONE if status == 0 and name in output else Outcome.UNKNOWN

    def _pages(self) -> Iterator[dict[str, Any]]:
        path, after = f"/accounts/{self.environment.account_id}/audit-events", ""
        while after is not None:
            page = self.people["owner"].call("GET", path, params={"limit": 100, "after": after}).json()
            yield from page["items"]
            after = page["next"]


def name_of(event: dict[str, Any]) -> str:
    """What an operation was called, or its action for all others."""
    action, details = str(event["action"]), event["details"]
    if action == "account.rename":
        return str(details["after"]["name"])
    if action in {"api_key.create", "api_key.revoke"} and details["description"]:
        return str(details["description"]) + (REVOKED if action == "api_key.revoke" else "")
    if action == "engine.service.configure":
        return str(details["path"]).rpartition("/")[2]
    return "query" if action == "engine.query" else action


def _told(status: int, done: int) -> Outcome:
    if status == done:
        return Outcome.DONE
    return Outcome.REFUSED if status in _REFUSALS else Outcome.UNKNOWN

"""Six principals change things at random while processes are killed: as many audit events as operations, none invented.

`AUDIT_OPERATIONS` says how many; the suite does a few hundred, and ten thousand take an hour.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from embedded.layout import locate
from tests.chaos.killing import kill, wait_healed
from tests.support.cast import enrol
from tests.support.cli import Cli
from tests.support.plane import Plane
from tests.support.tenants import Environment, Person, create_environment, sign_up
from tests.support.waiting import until

pytestmark = pytest.mark.system

OPERATIONS = int(os.environ.get("AUDIT_OPERATIONS", "240"))
VICTIMS = ("edge-agent", "api", "edge", "worker", "edge-agent", "postgres")
DONE, UNKNOWN = "done", "unknown"
Operation = Callable[[str], bool | None]


@dataclass
class Scene:
    """``names`` are what operations left behind to be found in the events, by what is known of their end."""

    plane: Plane
    environment: Environment
    people: dict[str, Person]
    keys: dict[str, str]
    cli: Cli
    names: dict[str, list[str]] = field(default_factory=lambda: {DONE: [], UNKNOWN: []})
    random: random.Random = field(default_factory=lambda: random.Random(20_261_120))

    def renames(self, who: str, name: str) -> bool:
        path = f"/accounts/{self.environment.account_id}"
        return self.people[who].call("PATCH", path, json={"name": name}).is_success

    def invites(self, who: str, name: str) -> bool:
        path = f"/accounts/{self.environment.account_id}/invitations"
        body = {"email": f"{name}@example.com", "role": "viewer"}
        return self.people[who].call("POST", path, json=body).is_success

    def changes(self, token: str, name: str) -> bool | None:
        """A service that is not there: the engine refuses, which is an answer too."""
        answer = self.environment.using(token).admin("PATCH", f"/services/{name}", json={"public": False})
        return True if answer.status_code == 404 else None

    def curls(self, token: str, name: str) -> bool | None:
        url = f"{self.environment.admin_url}/services/{name}"
        arguments = ["curl", "-sS", "-o", "-", "-w", "%{http_code}", "-X", "PATCH", "-m", "30"]
        headers = ["-H", f"authorization: Bearer {token}", "-H", "content-type: application/json", "-d", "{}"]
        done = subprocess.run([*arguments, *headers, url], capture_output=True, text=True, timeout=60, check=False)
        return True if done.stdout.endswith("404") else None

    def queries(self, name: str) -> bool | None:
        status, output = self.cli.attempt("sql", f"SELECT '{name}' AS name")
        return True if status == 0 and name in output else None

    def events(self) -> list[dict[str, Any]]:
        return list(self._pages())

    def _pages(self) -> Iterator[dict[str, Any]]:
        path, after = f"/accounts/{self.environment.account_id}/audit-events", ""
        while after is not None:
            page = self.people["owner"].call("GET", path, params={"limit": 100, "after": after}).json()
            yield from page["items"]
            after = page["next"]


@pytest.fixture
def scene(lonely_plane: Plane, tmp_path: Path) -> Scene:
    people = {role: sign_up(lonely_plane.api_url) for role in ("owner", "admin", "developer")}
    environment = create_environment(people["owner"])
    roles = {person.email: role for role, person in people.items() if role != "owner"}
    enrol(locate(lonely_plane.env), environment.account_id, roles)
    keys = {role: environment.api_key(role) for role in ("full", "admin")}
    developer = people["developer"].token
    until(lambda: environment.using(developer).admin("GET", "/health").status_code == 200)
    urls = {"RESTATE_ADMIN_URL": environment.admin_url, "RESTATE_INGRESS_URL": environment.ingress_url}
    cli = Cli("1.7.12", tmp_path, {**urls, "RESTATE_AUTH_TOKEN": keys["full"]})
    return Scene(lonely_plane, environment, people, keys, cli)


def test_as_many_events_as_operations(scene: Scene) -> None:
    before = Counter(name_of(event) for event in scene.events())
    principals: dict[str, Operation] = {
        "owner": lambda name: scene.renames("owner", name),
        "admin": lambda name: scene.invites("admin", name),
        "developer": lambda name: scene.changes(scene.people["developer"].token, name),
        "full": lambda name: scene.changes(scene.keys["full"], name),
        "curl": lambda name: scene.curls(scene.keys["admin"], name),
        "cli": scene.queries,
    }
    with ThreadPoolExecutor(len(principals)) as pool:
        for who, operation in principals.items():
            pool.submit(act, scene, who, operation)
        for number, victim in enumerate(VICTIMS, 1):
            share = OPERATIONS * number // (len(VICTIMS) + 2)
            until(lambda share=share: count(scene) >= share, 600)  # type: ignore[misc]
            running = scene.plane.pids
            kill(scene.plane, victim)
            wait_healed(scene.plane, running, victim)
    assert count(scene) >= OPERATIONS
    until(lambda: not missing(scene, before), 60)
    found = Counter(name_of(event) for event in scene.events()) - before
    told = {name for names in scene.names.values() for name in names}
    assert {name: times for name, times in found.items() if times > 1 and name != "query"} == {}
    assert set(found) - {"query"} <= told
    assert len(scene.names[DONE]) > OPERATIONS / 2
    verified = f"/accounts/{scene.environment.account_id}/audit-events/verification"
    assert scene.people["owner"].call("GET", verified).json()["intact"]


def act(scene: Scene, who: str, operation: Operation) -> None:
    """A share of the operations, each under a name of its own; one without an answer may have been done."""
    for number in range(OPERATIONS // 6 + 1):
        name = f"x{who}{number}"
        try:
            answered = operation(name)
        except (httpx2.TransportError, json.JSONDecodeError, subprocess.TimeoutExpired):
            answered = None
        scene.names[DONE if answered else UNKNOWN].append(name)


def count(scene: Scene) -> int:
    return sum(map(len, scene.names.values()))


def missing(scene: Scene, before: Counter[str]) -> set[str]:
    """Operations that were done and are no event yet; of queries, which look alike, as many as are too few."""
    found = Counter(name_of(event) for event in scene.events()) - before
    queries = [name for name in scene.names[DONE] if name.startswith("xcli")]
    absent = {name for name in scene.names[DONE] if not name.startswith("xcli") and name not in found}
    return absent | set(queries[found["query"] :])


def name_of(event: dict[str, Any]) -> str:
    """What an operation was called, or its action for all others."""
    details = event["details"]
    if event["action"] == "account.rename":
        return str(details["after"]["name"])
    if event["action"] == "invitation.create":
        return str(details["email"]).partition("@")[0]
    if event["action"] == "engine.service.configure":
        return str(details["path"]).rpartition("/")[2]
    return "query" if event["action"] == "engine.query" else str(event["action"])

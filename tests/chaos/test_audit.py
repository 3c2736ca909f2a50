"""Six principals change things at random while processes are killed: as many audit events as operations, none invented.

`AUDIT_OPERATIONS` says how many; the suite does a few hundred, and ten thousand take a quarter of an hour.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import pytest

from embedded.layout import locate
from tests.chaos.changing import Outcome, Scene
from tests.chaos.killing import kill, wait_healed
from tests.support.cast import enrol
from tests.support.cli import Cli
from tests.support.plane import Plane
from tests.support.tenants import create_environment, sign_up
from tests.support.waiting import until

OPERATIONS = int(os.environ.get("AUDIT_OPERATIONS", "240"))
pytestmark = [pytest.mark.system, pytest.mark.timeout(300 + OPERATIONS)]
PRINCIPALS = ("owner", "admin", "developer", "full", "curl", "cli")
_KILLED = ("edge-agent", "api", "edge", "worker", "edge-agent", "postgres", "guard", "redis")
VICTIMS = tuple(islice(cycle(_KILLED), max(6, OPERATIONS // 250)))


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


def test_as_many_events_as_operations(scene: Scene, record_property: Callable[[str, object], None]) -> None:
    before = scene.events()
    with ThreadPoolExecutor(len(PRINCIPALS)) as pool:
        numbers = iter(range(OPERATIONS))
        acting = [pool.submit(act, scene, who, numbers) for who in PRINCIPALS]
        try:
            for number, victim in enumerate(VICTIMS, 1):
                share = OPERATIONS * number // (len(VICTIMS) + 2)
                until(lambda share=share: scene.count() >= share, 600)  # type: ignore[misc]
                running = scene.plane.pids
                kill(scene.plane, victim)
                wait_healed(scene.plane, running, victim, seconds=300)
            for one in acting:
                one.result()
        finally:
            scene.stopped.set()
    until(lambda: not missing(scene, before), 60)
    found = scene.events() - before
    names = {outcome: set(told) for outcome, told in scene.names.items()}
    record_property("operations", {outcome.value: len(told) for outcome, told in scene.names.items()})
    record_property("events", found.total())
    assert scene.count() >= OPERATIONS
    assert len(names[Outcome.DONE]) > OPERATIONS * 0.7
    queries = found.pop("query")
    assert {name: times for name, times in found.items() if times > 1} == {}
    assert set(found) <= names[Outcome.DONE] | names[Outcome.UNKNOWN]
    assert queries <= len(queried(scene, Outcome.DONE)) + len(queried(scene, Outcome.UNKNOWN))
    assert "✓" in scene.plane.command("audit", "verify", "--account", scene.environment.account_id)


def act(scene: Scene, who: str, numbers: Iterator[int]) -> None:
    """Its share of the operations: whoever is quick does more, so that all are busy to the end."""
    for number in numbers:
        if scene.stopped.is_set():
            break
        unanswered = len(scene.names[Outcome.UNKNOWN])
        scene.do(who, f"x{who}{number}")
        if len(scene.names[Outcome.UNKNOWN]) > unanswered:
            # As any client: whoever asks again at once does nothing else while a process is away.
            scene.stopped.wait(0.25)


def missing(scene: Scene, before: Counter[str]) -> set[str]:
    """Operations that were done and are no event yet; of queries, which look alike, as many as are too few."""
    found = scene.events() - before
    queries = queried(scene, Outcome.DONE)
    absent = {name for name in scene.names[Outcome.DONE] if not name.startswith("xcli") and name not in found}
    return absent | set(queries[found["query"] :])


def queried(scene: Scene, outcome: Outcome) -> list[str]:
    return [name for name in scene.names[outcome] if name.startswith("xcli")]

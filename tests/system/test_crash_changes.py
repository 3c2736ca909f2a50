"""Deleting, restoring and destroying while parts are killed, and all of it at once from many sides."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests.chaos.killing import kill, wait_healed
from tests.support import machine
from tests.support.cast import port
from tests.support.plane import Plane
from tests.support.raw import ask
from tests.support.tenants import Environment, create_environment, sign_up
from tests.support.waiting import until

pytestmark = pytest.mark.system

VICTIMS = ("agent", "runner-worker", "api", "edge-agent")
_moments = random.Random(20_261_121)
ROUNDS = [(victim, round(_moments.uniform(0, 0.3), 3)) for victim in VICTIMS]
VERBS = (("DELETE", ""), ("POST", "/restore"))


def insist(environment: Environment, method: str, tail: str) -> None:
    """Until it is so; a refusal says that an earlier attempt, whose answer was lost, has succeeded."""

    def done() -> bool:
        try:
            return environment.owner.call(method, environment.path + tail).status_code in (202, 404, 409)
        except httpx2.TransportError:
            return False

    until(done, 60)


def status(environment: Environment) -> str:
    try:
        answer = environment.owner.call("GET", environment.path)
    except httpx2.TransportError:
        return "?"
    return str(answer.json()["status"]) if answer.status_code == 200 else str(answer.status_code)


@pytest.mark.parametrize(("victim", "seconds"), ROUNDS)
def test_a_part_dies_during_a_change(victim: str, seconds: float, plane: Plane) -> None:
    environment = create_environment(sign_up(plane.api_url))
    key = environment.api_key()

    def call() -> int:
        return ask(port(environment.ingress_url), "GET", "/restate/health", key).status

    until(lambda: call() == 200)

    for method, tail in (*VERBS, ("DELETE", "?purge=true")):
        before = plane.pids
        death = threading.Timer(seconds, kill, (plane, victim))
        death.start()
        insist(environment, method, tail)
        death.join()
        wait_healed(plane, before, victim)
        if tail == "/restore":
            until(lambda: status(environment) == "ACTIVE" and call() == 200, 60)
            assert len(machine.engines(plane.home, environment.label)) == 1
        else:
            until(lambda: machine.engines(plane.home, environment.label) == [] and call() != 200, 60)

    until(lambda: status(environment) == "404" and call() == 401, 60)
    until(lambda: not (plane.home / "engines" / environment.label).exists())


def test_parts_die_while_it_is_paused_and_woken(plane: Plane) -> None:
    environment = create_environment(sign_up(plane.api_url))
    for victim, tail in (("agent", "/pause"), ("runner-worker", "/wake")):
        before = plane.pids
        death = threading.Timer(_moments.uniform(0, 0.1), kill, (plane, victim))
        death.start()
        insist(environment, "POST", tail)
        death.join()
        wait_healed(plane, before, victim)
        wanted, running = ("SUSPENDED", 0) if tail == "/pause" else ("ACTIVE", 1)
        until(lambda: status(environment) == wanted and settled(environment), 60)  # noqa: B023 - asked here only
        assert len(machine.engines(plane.home, environment.label)) == running


def settled(environment: Environment) -> bool:
    """Whether its last change has been confirmed by its node."""
    [last] = environment.owner.call("GET", f"{environment.path}/operations?limit=1").json()["items"]
    return bool(last["status"] == "SUCCEEDED")


def test_many_change_one_environment_at_once(plane: Plane) -> None:
    """Each attempt succeeds or is refused in words; at the end one engine runs, or none."""
    environment = create_environment(sign_up(plane.api_url))
    choices = random.Random(20_261_122)

    def change(_: int) -> httpx2.Response:
        method, tail = choices.choice((*VERBS, ("POST", "/pause"), ("POST", "/wake")))
        return environment.owner.call(method, environment.path + tail)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(change, range(60)))

    assert {answer.status_code for answer in answers} == {202, 409}
    insist(environment, *VERBS[1])
    insist(environment, "POST", "/wake")
    until(lambda: status(environment) == "ACTIVE", 60)
    until(lambda: len(machine.engines(plane.home, environment.label)) == 1)
    operations = environment.owner.call("GET", f"/accounts/{environment.account_id}/audit-events?limit=100").json()[
        "items"
    ]
    changes = [event["action"] for event in operations if event["target"] == environment.environment_id]
    # Pausing what is paused, and waking what is awake, is answered with the change that made it so.
    made = {answer.json()["operationId"] for answer in answers if answer.status_code == 202}
    assert len(changes) >= len(made)

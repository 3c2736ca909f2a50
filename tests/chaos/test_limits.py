"""Limits and retention, on a plane where both are small."""

from __future__ import annotations

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from tests.support import machine
from tests.support.cast import port
from tests.support.plane import Plane
from tests.support.raw import Answer, ask
from tests.support.tenants import Environment, create_environment, sign_up
from tests.support.waiting import until

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def limited(lonely_plane: Plane) -> Environment:
    return create_environment(sign_up(lonely_plane.api_url))


@pytest.fixture(scope="module")
def key(limited: Environment) -> str:
    secret = limited.api_key()
    until(lambda: ask(port(limited.admin_url), "GET", "/version", secret).status == 200)
    return secret


def test_deleted_environments_are_destroyed_when_their_time_is_over(lonely_plane: Plane) -> None:
    """The retention is nothing here, so the next sweep destroys; nobody asks for it."""
    environment = create_environment(sign_up(lonely_plane.api_url))
    directory = lonely_plane.home / "engines" / environment.label
    assert directory.is_dir()

    assert environment.owner.call("DELETE", environment.path).status_code == 202

    until(lambda: environment.owner.call("GET", environment.path).status_code == 404)
    until(lambda: not directory.exists() and not machine.engines(lonely_plane.home, environment.label))
    events = environment.owner.call("GET", f"/accounts/{environment.account_id}/audit-events").json()["items"]
    assert [event["actor"] for event in events if event["action"] == "environment.purge"] == ["system"]


def test_the_limit_of_environments_is_exact(limited: Environment) -> None:
    path = f"/accounts/{limited.account_id}/environments"

    def create(name: str) -> tuple[int, str]:
        answer = limited.owner.call("POST", path, json={"name": name})
        return answer.status_code, answer.json().get("code", "")

    with ThreadPoolExecutor(4) as pool:
        outcomes = Counter(pool.map(create, ["a", "b", "c", "d"]))

    assert outcomes == {(202, ""): 1, (409, "environment_limit_reached"): 3}
    assert len(limited.owner.call("GET", path).json()["items"]) == 2


def test_the_limit_of_keys_is_exact(limited: Environment, key: str) -> None:
    def create(number: int) -> tuple[int, str]:
        body = {"description": str(number), "role": "ingress"}
        answer = limited.owner.call("POST", f"{limited.path}/api-keys", json=body)
        return answer.status_code, answer.json().get("code", "")

    with ThreadPoolExecutor(4) as pool:
        outcomes = Counter(pool.map(create, range(5)))

    assert outcomes == {(201, ""): 2, (409, "api_key_limit_reached"): 3}


def test_the_limit_of_accounts(lonely_plane: Plane) -> None:
    person = sign_up(lonely_plane.api_url)

    answers = [person.call("POST", "/accounts", json={"name": name}) for name in ("a", "b", "c")]

    assert [answer.status_code for answer in answers] == [201, 201, 409]
    assert answers[-1].json()["code"] == "account_limit_reached"


def test_logins_are_throttled(lonely_plane: Plane) -> None:
    person = sign_up(lonely_plane.api_url)
    wrong = {"email": person.email, "password": "wrong horse battery staple"}

    answers = [httpx2.post(f"{lonely_plane.api_url}/api/v1/auth/login", json=wrong, timeout=60) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert person.call("GET", "/auth/me").status_code == 200


def test_one_environments_requests_are_limited_and_anothers_are_not(
    limited: Environment, key: str, lonely_plane: Plane
) -> None:
    other = create_environment(sign_up(lonely_plane.api_url))
    others = other.api_key()
    until(lambda: ask(port(other.ingress_url), "GET", "/restate/health", others).status == 200)

    def call(_: int) -> Answer:
        return ask(port(limited.ingress_url), "GET", "/restate/health", key)

    with ThreadPoolExecutor(8) as pool:
        refused = until(lambda: [answer for answer in pool.map(call, range(2000)) if answer.status != 200], 60)

    assert {answer.status for answer in refused} == {429}
    assert refused[0].headers["retry-after"] == "1"
    assert json.loads(refused[0].body)["restate_code"] is None
    assert ask(port(other.ingress_url), "GET", "/restate/health", others).status == 200
    until(lambda: call(0).status == 200)


def test_a_runaway_query_is_cut_and_the_engine_goes_on(limited: Environment, key: str, lonely_plane: Plane) -> None:
    (pid,) = machine.engines(lonely_plane.home, limited.label)
    body = {"query": "SELECT count(*) FROM generate_series(1, 100000000000)"}
    answers: list[Answer] = []

    def run_away() -> None:
        headers = {"Accept": "application/json"}
        answers.append(ask(port(limited.admin_url), "POST", "/query", key, body, headers))

    thread = threading.Thread(target=run_away)
    thread.start()
    meanwhile = 0
    while thread.is_alive():
        meanwhile += ask(port(limited.ingress_url), "GET", "/restate/health", key).status == 200
        thread.join(0.05)

    assert answers[0].status == 504
    assert "did not answer in time" in answers[0].message
    assert meanwhile > 1
    assert limited.using(key).sql("SELECT 1 AS one") == [{"one": 1}]
    rest = Idle(pid)
    until(rest)


class Idle:
    """True once the process has used almost no time of a processor between two looks."""

    def __init__(self, pid: int) -> None:
        self._stat = Path(f"/proc/{pid}/stat")
        self._seen = self._ticks()

    def __call__(self) -> bool:
        threading.Event().wait(0.2)
        before, self._seen = self._seen, self._ticks()
        return self._seen - before <= 4

    def _ticks(self) -> int:
        fields = self._stat.read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

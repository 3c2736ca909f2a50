"""The key an engine signs with is changed, and changed back, under steady load: nobody is refused, nothing is cut."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support import machine, services
from tests.support.load import Load
from tests.support.plane import Plane
from tests.support.tenants import Caller, Environment
from tests.support.waiting import until

pytestmark = pytest.mark.system

CALLS: list[Any] = [
    *[lambda http, ms=ms: http.post("/slow/wait", json=ms) for ms in (0, 0, 5, 250)],
    *[lambda http, name=name: http.post("/Greeter/greet", json=name) for name in ("ada", "grace")],
    lambda http: http.post("/slow/wait/send", json=20),
]


@dataclass
class Rotation:
    """One environment's keys, changed by its owner."""

    environment: Environment
    caller: Caller

    def do(self, what: str = "", body: dict[str, Any] | None = None, status: int = 200) -> dict[str, Any]:
        answer = self.environment.owner.call("POST", f"{self.environment.path}/identity-keys{what}", json=body)
        assert answer.status_code == status, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def change(self, what: str) -> str:
        """The public key that signs when the engine is back."""
        changed = self.do(what, {} if what == "/switch" else None, 202)
        path = f"/operations/{changed['operationId']}"
        until(lambda: self.environment.owner.call("GET", path).json()["status"] == "SUCCEEDED", 60)
        key: str = changed["signingPublicKey"]
        return key

    def register(self, *found: services.Service) -> dict[str, str]:
        """Deployment id by URL."""
        answers = {one.url: self.caller.register(one.url) for one in found}
        assert {answer.status_code for answer in answers.values()} == {201}
        return {url: answer.json()["id"] for url, answer in answers.items()}

    def retire(self, deployment: str) -> None:
        """Delete a deployment that has no invocation left."""
        left = f"select id from sys_invocation where status <> 'completed' and pinned_deployment_id = '{deployment}'"
        until(lambda: self.caller.sql(left) == [])
        assert self.caller.admin("DELETE", f"/deployments/{deployment}?force=true").status_code == 202


@pytest.fixture
def rotation(environment: Callable[..., Environment]) -> Rotation:
    made = environment()
    return Rotation(made, made.using(made.api_key()))


@contextmanager
def both(directory: Path, keys: list[str]) -> Iterator[tuple[services.Service, services.Service]]:
    """A service of each SDK that accepts these keys."""
    with ExitStack() as running:
        made = []
        for make in (services.slow, services.python):
            (place := directory / make.__name__).mkdir(parents=True)
            made.append(running.enter_context(make(place, keys)))
        yield made[0], made[1]


def test_no_call_fails_and_no_attempt_is_refused_or_cut(
    rotation: Rotation, environment: Callable[..., Environment], plane: Plane, tmp_path: Path
) -> None:
    old = rotation.environment.signing_public_key
    neighbour = environment()
    theirs = machine.engines(plane.home, neighbour.label)
    with both(tmp_path / "old", [old]) as first:
        deployed = rotation.register(*first)
        with Load(rotation.environment.ingress_url, rotation.caller.token or "", CALLS) as load:
            new = rotation.do(status=201)["publicKey"]
            with both(tmp_path / "new", [old, new]) as second:
                rotation.register(*second)
                load.wait_for_more()
                refused = rotation.do("/switch", {}, 409)
                assert {one["uri"].rstrip("/") for one in refused["details"]["deployments"]} == {
                    one.url for one in first
                }
                for deployment in deployed.values():
                    rotation.retire(deployment)
                checked = rotation.do("/check")["items"]
                assert {one["uri"].rstrip("/") for one in checked} == {one.url for one in second}
                assert all(one["accepts"][which]["accepted"] for one in checked for which in ("current", "next"))

                for what, signs in (("/switch", new), ("/rollback", old), ("/switch", new)):
                    assert rotation.change(what) == signs
                    load.wait_for_more()
                assert rotation.do("/finish")["publicKey"] == old
                load.wait_for_more()
                load.__exit__(None, None, None)
                until(lambda: rotation.caller.sql("select id from sys_invocation where status <> 'completed'") == [])
                assert load.wrong == {}
                # What is begun twice was cut before.
                attempts = first[0].effects("began") + second[0].effects("began")
                assert len(attempts) == len(set(attempts))
                # The switch that was refused tried the old services with the next key.
                assert (len(first[0].effects("refused")), second[0].effects("refused")) == (1, [])
                assert failures(plane, rotation.environment) == []
    assert machine.engines(plane.home, neighbour.label) == theirs


def failures(plane: Plane, environment: Environment) -> list[str]:
    """What the engine says of attempts that failed; a service slow in hanging up is none."""
    log = (plane.home / "logs" / "engines" / f"{environment.label}.log").read_text().splitlines()
    said = [json.loads(line) for line in log if line.startswith("{")]
    invoker = [one for one in said if one["level"] in ("WARN", "ERROR") and "invo" in one["target"]]
    return [str(one) for one in invoker if "draining timeout" not in one["fields"]["message"]]

"""An environment is paused, woken and upgraded, as users do it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.killing import kill, wait_healed
from tests.support import binaries, machine, services
from tests.support.plane import Plane
from tests.support.tenants import Environment, Person, create_environment
from tests.support.waiting import until
from tests.system.changes import change, finished, status, view_of, working_key

pytestmark = pytest.mark.system


def test_paused_and_woken_with_all_that_waits(signed_up: Person, plane: Plane, tmp_path: Path) -> None:
    environment = create_environment(signed_up)
    key = working_key(environment)
    caller = environment.using(key)
    with services.python(tmp_path, [environment.signing_public_key]) as service:
        assert caller.register(service.url).status_code == 201
        assert caller.invoke("/Visitors/ada/arrive") == 1
        caller.send("/Visitors/ada/arrive/send?delay=2s")
        due = datetime.now(UTC) + timedelta(seconds=2)

        change(environment, "POST", "/pause")

        assert machine.engines(plane.home, environment.label) == []
        until(lambda: "retry-after" in caller.admin("GET", "/deployments").headers)
        for answer in (caller.post("/Visitors/ada/arrive"), caller.admin("GET", "/deployments")):
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
            assert f"rcloud env wake {environment.environment_id}" in answer.json()["message"]
        shown = view_of(environment)
        assert (shown["status"], shown["pausedAt"] is None) == ("SUSPENDED", False)
        later = working_key_of_paused(environment)
        before = plane.pids
        kill(plane, "agent")
        wait_healed(plane, before, "agent")
        until(lambda: datetime.now(UTC) > due)
        assert machine.engines(plane.home, environment.label) == []

        change(environment, "POST", "/wake")

        until(lambda: environment.using(later).post("/Visitors/ada/visits").status_code == 200)
        until(lambda: caller.invoke("/Visitors/ada/visits") == 2)
        assert (view_of(environment)["status"], view_of(environment)["pausedAt"]) == ("ACTIVE", None)


def test_an_engine_is_upgraded_and_one_that_does_not_start_gives_way(signed_up: Person) -> None:
    environment = create_environment(signed_up)
    key = working_key(environment)

    def upgrade(version: str) -> dict[str, Any]:
        answer = signed_up.call("POST", f"{environment.path}/upgrade", json={"version": version})
        assert answer.status_code == 202, answer.text
        return finished(signed_up, answer.json()["operationId"])

    now = view_of(environment)["engineVersion"]
    offered = signed_up.call("GET", f"{environment.path}/versions").json()
    assert offered == {"current": now, "newer": [binaries.BROKEN, binaries.WORKING]}
    failed = upgrade(binaries.BROKEN)
    assert failed["status"] == "FAILED"
    assert failed["error"].startswith(f"{binaries.BROKEN} does not come up, so {now} is started again.")
    until(lambda: (view_of(environment)["status"], view_of(environment)["engineVersion"]) == ("ACTIVE", now))
    assert status(environment, "/version", key) == 200
    assert upgrade(binaries.WORKING)["status"] == "SUCCEEDED"
    assert (view_of(environment)["status"], view_of(environment)["engineVersion"]) == ("ACTIVE", binaries.WORKING)
    assert status(environment, "/version", key) == 200


def working_key_of_paused(environment: Environment) -> str:
    """A new key of an environment that takes no calls, once the edge knows it."""
    key = environment.api_key()
    until(lambda: status(environment, "/version", key) == 503)
    return key

"""Every call is counted once, whatever is killed meanwhile; the members of its account see it, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.chaos.killing import kill, wait_healed
from tests.support import services
from tests.support.plane import Plane
from tests.support.rcloud import Rcloud
from tests.support.tenants import Environment
from tests.support.waiting import until

pytestmark = pytest.mark.system


def usage(environment: Environment, path: str | None = None, **query: Any) -> dict[str, Any]:
    """Of the environment, or at another path."""
    answer = environment.owner.call("GET", path or f"{environment.path}/usage", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def requests(environment: Environment) -> int:
    return sum(item["requests"] for item in usage(environment)["items"])


def counted(environment: Environment, calls: int) -> bool:
    """Whether so many are known from their beginning to their end: a reading may fall into the midst of one."""
    items, names = usage(environment)["items"], ("requests", "invocations", "completedInvocations")
    return all(sum(item[name] for item in items) >= calls for name in names)


def test_each_call_counts_once_though_parts_are_killed_and_the_engine_restarts(
    environment: Callable[..., Environment], plane: Plane, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home, other = environment(), environment()
    caller, account = home.using(home.api_key()), home.path.partition("/environments")[0]
    with services.typescript(tmp_path_factory.mktemp("usage"), [home.signing_public_key]) as service:
        assert caller.register(service.url).status_code == 201
        for number in range(9):
            caller.invoke("/greeter/Ada/greet", f"Hello {number}")
            for part in {2: ["agent"], 5: ["runner-worker"]}.get(number, []):
                before = plane.pids
                kill(plane, part)
                wait_healed(plane, before, part)
        # Another size of bodies restarts the engine.
        limited = home.owner.call("PATCH", f"{home.path}/limits", json={"requestSizeLimitBytes": 1_000_000})
        assert limited.status_code == 200, limited.text
        caller.invoke("/greeter/Ada/greet", "Hello 9")
    until(lambda: counted(home, 10))
    figures = [item for item in usage(home, step="day")["items"] if item["requests"]]
    assert sum(item["requests"] for item in figures) == 10
    assert sum(item["invocations"] for item in figures) == sum(item["completedInvocations"] for item in figures) == 10
    assert all(
        {item["p99Ms"], item["storageBytes"], item["engineSeconds"]}.isdisjoint({None, 0}) for item in figures
    ), figures
    (mine,) = usage(home, f"{account}/usage/recent")["items"]
    assert (mine["environmentId"], sum(mine["requests"])) == (home.environment_id, 10)
    days = [item for item in usage(home, f"{account}/usage")["items"] if item["requests"]]
    assert ({item["name"] for item in days}, sum(item["requests"] for item in days)) == ({"dev"}, 10)
    assert requests(other) == 0
    assert other.owner.call("GET", f"{home.path}/usage").status_code == 404
    assert other.owner.call("GET", f"{account}/usage").status_code == 404


def test_rcloud_shows_the_same(
    environment: Callable[..., Environment], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = environment()
    items = until(lambda: usage(home)["items"])
    rcloud = Rcloud(tmp_path_factory.mktemp("rcloud"))
    rcloud.sign_in(home.owner.token, home.owner.api_url)
    shown = rcloud.run("usage", "--env", "dev", "--step", "minute", "-o", "json").json["items"]
    assert shown[0]["at"] == items[0]["at"]
    heading, first = rcloud.run("usage", "-o", "csv").stdout.splitlines()[:2]
    assert dict(zip(heading.split(","), first.split(","), strict=True))["name"] == "dev"

"""What is promised about an installation as a whole, and that two of them do not meet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from embedded.layout import locate
from tests.chaos.killing import alive
from tests.support import machine
from tests.support.plane import Plane
from tests.support.raw import ask
from tests.support.tenants import create_environment, sign_up

pytestmark = pytest.mark.system


def test_endpoints_are_those_of_the_contract(lonely_plane: Plane) -> None:
    base, ends = lonely_plane.base, lonely_plane.endpoints

    assert {name: ends[name] for name in ends if name != "pids"} == {
        "consoleUrl": f"http://127.0.0.1:{base}",
        "apiUrl": f"http://127.0.0.1:{base}",
        "ingressPort": base + 1,
        "adminPort": base + 2,
        "tunnelProxyPort": base + 3,
        "relayPort": base + 4,
    }
    assert {
        "api",
        "worker",
        "beat",
        "postgres",
        "redis",
        "edge",
        "edge-agent",
        "guard",
        "h2c",
        "agent",
        "runner-worker",
        "relay",
    } <= set(ends["pids"])
    assert all(alive(pid) for pid in ends["pids"].values())


def test_console_documents_and_health_answer(lonely_plane: Plane) -> None:
    pages = {"/": "text/html", "/api/docs": "text/html", "/metrics": "text/plain"}
    for path in ("/api/v1/openapi.json", "/healthz", "/readyz"):
        pages[path] = "application/json"
    for path, kind in pages.items():
        answer = httpx2.get(lonely_plane.api_url + path)
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind), path
    assert "/api/docs" in httpx2.get(lonely_plane.api_url).text


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Plane]:
    made = Plane(tmp_path)
    yield made
    made.down()


def test_a_second_plane_beside_the_first(lonely_plane: Plane, second: Plane) -> None:
    before = lonely_plane.pids
    said = second.up()
    assert second.api_url in said

    person = sign_up(second.api_url)
    environment = create_environment(person)
    assert len(machine.engines(second.home)) == 1
    assert machine.engines(lonely_plane.home, environment.label) == []
    # Nobody of the one is known to the other.
    assert httpx2.get(f"{lonely_plane.api_url}/api/v1/auth/me", headers=bearer(person.token)).status_code == 401
    assert ask(lonely_plane.endpoints["adminPort"], "GET", "/version", person.token).status in (401, 404)
    pids = second.pids
    assert set(pids.values()).isdisjoint(before.values())

    second.down()

    assert [name for name, pid in pids.items() if alive(pid)] == []
    assert machine.engines(second.home) == []
    assert not locate(second.env).run.exists()
    assert not (second.home / "endpoints.json").exists()
    assert lonely_plane.pids == before
    assert httpx2.get(f"{lonely_plane.api_url}/readyz").status_code == 200


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}

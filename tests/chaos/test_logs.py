"""`kill -9` of whatever has a part in it, while lines flow: each is stored once, and seen once by who follows."""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from tests.chaos.killing import kill, wait_healed
from tests.support.event_stream import Persistent
from tests.support.plane import Plane
from tests.support.tenants import Environment, create_environment, sign_up
from tests.support.waiting import until

pytestmark = pytest.mark.system


class Flow:
    """Adds numbered lines to an engine's log, beside the engine and in its form, until it is stopped."""

    def __init__(self, log: Path) -> None:
        self.written: list[str] = []
        self._log = log
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> list[str]:
        self._ended.set()
        self._thread.join(30)
        return self.written

    def wait_for_more(self, lines: int = 50) -> None:
        wanted = len(self.written) + lines
        until(lambda: len(self.written) >= wanted)

    def _run(self) -> None:
        with self._log.open("ab", buffering=0) as file:
            while not self._ended.wait(0.02):
                at = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
                fields = {"message": f"flow {len(self.written)}"}
                line = json.dumps({"timestamp": at, "level": "INFO", "fields": fields}, separators=(",", ":"))
                os.write(file.fileno(), line.encode() + b"\n")
                self.written.append(line)


@pytest.fixture(scope="module")
def environment(lonely_plane: Plane) -> Environment:
    return create_environment(sign_up(lonely_plane.api_url))


@pytest.fixture(scope="module")
def log(lonely_plane: Plane, environment: Environment) -> Path:
    return lonely_plane.home / "logs" / "engines" / f"{environment.label}.log"


def stored(environment: Environment, since: str) -> list[str]:
    """The texts of a flow's lines; none while the API is away."""
    query = {"limit": 10_000, "text": '"flow ', "since": since}
    try:
        answer = environment.owner.call("GET", f"{environment.path}/logs", params=query)
    except httpx2.TransportError:
        return []
    return [json.loads(line)["line"] for line in answer.text.splitlines()] if answer.status_code == 200 else []


@pytest.mark.parametrize("victim", ["runner-worker", "agent", "api", "postgres", "worker"])
def test_every_line_is_stored_and_seen_once(
    victim: str, lonely_plane: Plane, environment: Environment, log: Path
) -> None:
    since = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    flow = Flow(log)
    until(lambda: stored(environment, since))
    url = f"{environment.owner.api_url}/api/v1{environment.path}/logs?follow=true&limit=0&text=flow"
    follower = Persistent(url, {"authorization": f"Bearer {environment.owner.token}"})
    until(lambda: follower.lines)

    for _ in range(2):
        before = lonely_plane.pids
        flow.wait_for_more()
        kill(lonely_plane, victim)
        wait_healed(lonely_plane, before, victim)
        flow.wait_for_more()

    written = flow.stop()
    until(lambda: stored(environment, since)[-1:] == written[-1:], 60)
    until(lambda: follower.texts[-1] == written[-1], 60)
    follower.close()
    assert set(written) <= set(log.read_text().splitlines())
    assert stored(environment, since) == written
    assert follower.texts == written[written.index(follower.texts[0]) :]

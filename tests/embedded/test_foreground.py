"""`script/up` in the foreground, on a terminal and without one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pexpect
import pytest

from embedded.layout import CHECKOUT, Layout
from tests.embedded.supervised import Start, base, gone, pids, place, start, status
from tests.support.waiting import until

__all__ = ["base", "place", "start"]


@pytest.fixture
def terminal(place: Layout, start: Start) -> Iterator[pexpect.spawn[str]]:
    """`script/up` on a terminal, in the foreground, once it is ready."""
    env = {"CONTROLPLANE_HOME": str(place.home), "CONTROLPLANE_PORT_BASE": str(place.ports.api), "TERM": "xterm"}
    command = ["-m", "tests.embedded.toy", "up"]
    with pexpect.spawn(
        sys.executable,
        command,
        cwd=CHECKOUT,
        env={**os.environ, **env},
        encoding="utf-8",
        timeout=60,
        dimensions=(40, 120),
    ) as spawned:
        spawned.expect("Next steps")
        spawned.expect_exact("Ctrl-C stops everything.")
        yield spawned


def test_ctrl_c_in_the_foreground_stops_everything(place: Layout, terminal: pexpect.spawn[str]) -> None:
    everything = pids(place)
    terminal.sendintr()
    terminal.expect("Stopped")
    terminal.expect(pexpect.EOF)
    assert terminal.wait() == 0
    assert all(gone(pid) for pid in everything.values())
    assert not place.run.exists()


def test_sigterm_in_the_foreground_without_a_terminal_stops_everything(place: Layout, start: Start) -> None:
    env = {**os.environ, "CONTROLPLANE_HOME": str(place.home), "CONTROLPLANE_PORT_BASE": str(place.ports.api)}
    command = [sys.executable, "-m", "tests.embedded.toy", "up"]
    with subprocess.Popen(command, cwd=CHECKOUT, env=env, stdout=subprocess.PIPE, text=True) as running:
        until(lambda: status(place).get("phase") == "ready")
        everything = pids(place)
        running.terminate()
        said, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    assert "Stopped" in said
    assert all(gone(pid) for pid in everything.values())


def test_the_foreground_shows_restarts_and_replaces_a_killed_supervisor(
    place: Layout, terminal: pexpect.spawn[str]
) -> None:
    before = pids(place)
    os.kill(before["supervisor"], signal.SIGKILL)
    # What dies before the new supervisor has adopted it is started, not restarted.
    until(lambda: pids(place)["supervisor"] != before["supervisor"] and status(place)["phase"] == "ready")
    os.kill(before["echo"], signal.SIGKILL)
    terminal.expect(r"echo +\S*ready\S* +\d+ +\d+ s +1")
    assert pids(place)["api"] == before["api"]


def test_attaching_to_what_runs_and_leaving_again_stops_nothing(place: Layout, terminal: pexpect.spawn[str]) -> None:
    env = {**os.environ, "CONTROLPLANE_HOME": str(place.home), "CONTROLPLANE_PORT_BASE": str(place.ports.api)}
    command = ["-m", "tests.embedded.toy", "up"]
    second = pexpect.spawn(sys.executable, command, cwd=CHECKOUT, env=env, encoding="utf-8", timeout=60)
    second.expect("Already running")
    second.expect_exact("Ctrl-C leaves it running")
    second.sendintr()
    second.expect(pexpect.EOF)
    assert second.wait() == 0
    assert not any(gone(pid) for pid in pids(place).values())

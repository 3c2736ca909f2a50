"""What the supervisor promises, with small processes in place of the real ones."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from embedded import commands, probes
from embedded.layout import CHECKOUT, Layout, Ports, Refused
from embedded.part import SETUP, Part
from embedded.supervisor import Supervisor
from envrunner.keep.keeper import Keeper
from tests.embedded import toy
from tests.embedded.supervised import Start, base, children, gone, pids, place, row, start, status, up
from tests.support.waiting import until

__all__ = ["base", "place", "start"]


def test_every_process_is_named_with_its_pid(place: Layout, start: Start) -> None:
    supervisor = up(place, start)
    assert pids(place) == {
        "supervisor": supervisor.pid,
        "echo": row(place, "echo")["pid"],
        "api": row(place, "api")["pid"],
    }
    assert not any(gone(pid) for pid in pids(place).values())
    assert json.loads(place.endpoints.read_text())["apiUrl"] == place.console_url


def test_a_killed_process_is_started_again_and_its_new_pid_published(place: Layout, start: Start) -> None:
    up(place, start)
    before = pids(place)
    os.kill(before["echo"], signal.SIGKILL)
    until(lambda: pids(place).get("echo") not in (None, before["echo"]) and row(place, "echo")["state"] == "ready")
    assert row(place, "echo")["restarts"] == 1
    assert pids(place)["api"] == before["api"]


def test_a_full_disk_ends_no_keeping(place: Layout, start: Start) -> None:
    up(place, start)
    before = pids(place)["echo"]
    # Neither file can be written now, and a log cannot be moved.
    (place.home / "status.json.part").mkdir()
    os.kill(before, signal.SIGKILL)
    keeper = Keeper(place.processes)
    until(lambda: gone(before) and (kept := keeper.adopt("echo")) is not None and kept.pid != before)
    (place.home / "status.json.part").rmdir()


def test_a_log_that_cannot_be_rotated_stays(place: Layout) -> None:
    (place.logs / "a.log.part").mkdir()
    for name in ("a.log", "b.log"):
        (place.logs / name).write_bytes(b"x\n" * 6_000_000)
    Supervisor(place, [], lambda: None)._rotate_logs()
    assert (place.logs / "a.log").stat().st_size == 12_000_000
    assert (place.logs / "b.log").stat().st_size == 0


def test_setting_up_on_a_full_disk_says_so(place: Layout) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    asleep = Part("asleep", toy.program(place, "asleep", ""), after=(SETUP,))
    supervisor = Supervisor(place, [asleep], full)
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    assert supervisor.run() == 1
    for number, handler in zip((signal.SIGTERM, signal.SIGINT), before, strict=True):
        signal.signal(number, handler)
    assert "No space left" in status(place)["problem"]


def test_children_that_outlive_their_master_do_not_hold_its_port(place: Layout, start: Start) -> None:
    up(place, start)
    master = pids(place)["api"]
    orphans = until(lambda: children(master))
    os.kill(master, signal.SIGKILL)
    until(lambda: row(place, "api")["state"] == "ready" and row(place, "api")["pid"] != master)
    assert all(gone(pid) for pid in orphans)
    assert probes.http_status(place.ports.api, "/") == 200


def test_after_kill_9_of_the_supervisor_everything_runs_on_and_is_adopted(place: Layout, start: Start) -> None:
    first = up(place, start)
    before = pids(place)
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: first.wait(0))
    assert probes.http_status(place.ports.api, "/") == 200
    second = up(place, start)
    assert second.pid != first.pid
    assert pids(place) == {**before, "supervisor": second.pid}
    assert [row["restarts"] for row in status(place)["processes"]] == [0, 0]


def test_what_died_while_nobody_watched_is_started_again(place: Layout, start: Start) -> None:
    first = up(place, start)
    before = pids(place)
    for pid in (first.pid, before["echo"]):
        os.kill(pid, signal.SIGKILL)
    until(lambda: first.wait(0))
    up(place, start)
    assert pids(place)["api"] == before["api"]
    assert pids(place)["echo"] != before["echo"]


def test_what_cleans_tmp_leaves_the_runtime_directory_alone_while_it_runs(place: Layout, start: Start) -> None:
    supervisor = up(place, start)
    descriptor = os.open(place.run, os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.kill(supervisor.pid, signal.SIGKILL)
    until(lambda: supervisor.wait(0))
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)


def test_a_second_start_finds_the_first(place: Layout, start: Start) -> None:
    supervisor = up(place, start)
    found, was_running = commands.start(place)
    assert (found.pid, was_running) == (supervisor.pid, True)


@pytest.mark.parametrize("killed", [False, True])
def test_other_ports_are_refused_while_it_runs(place: Layout, start: Start, killed: bool) -> None:
    supervisor = up(place, start)
    if killed:
        os.kill(supervisor.pid, signal.SIGKILL)
        until(lambda: supervisor.wait(0))
    with pytest.raises(Refused, match=f"{place.ports.api}.*CONTROLPLANE_PORT_BASE"):
        commands.start(replace(place, ports=Ports.chosen("9000")))
    assert probes.http_status(place.ports.api, "/") == 200


def test_starting_twice_at_once_gives_one_supervisor(place: Layout, start: Start) -> None:
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda _: start().pid, range(3)))
    assert len(set(found)) == 1


@pytest.mark.parametrize("victim", [None, "supervisor", "api", "echo"])
def test_down_leaves_nothing_whatever_was_killed_before(place: Layout, start: Start, victim: str | None) -> None:
    up(place, start)
    everything = [*pids(place).values(), *until(lambda: children(pids(place)["api"]))]
    if victim:
        os.kill(pids(place)["supervisor"], signal.SIGKILL)
        os.kill(pids(place)[victim], signal.SIGKILL)
    commands.stop(place)
    assert all(gone(pid) for pid in everything)
    assert not place.run.exists()
    assert not place.endpoints.exists()
    assert not probes.port_in_use(place.ports.api)
    commands.stop(place)


def test_sigterm_to_the_supervisor_stops_everything(place: Layout, start: Start) -> None:
    supervisor = up(place, start)
    everything = pids(place)
    os.kill(supervisor.pid, signal.SIGTERM)
    assert supervisor.wait(30)
    assert all(gone(pid) for pid in everything.values())
    assert commands.revive(place) is None


def test_a_part_that_cannot_start_ends_the_attempt_with_the_end_of_its_log(place: Layout, start: Start) -> None:
    (place.home / "broken").touch()
    supervisor = start()
    with pytest.raises(Refused, match=r"(?s)broken could not be started.*out of luck"):
        commands.wait_until_ready(place, supervisor, threading.Event(), lambda status: None)
    assert not place.run.exists()
    assert not probes.port_in_use(place.ports.api)


def test_a_part_that_cannot_start_does_not_stop_what_ran_before(place: Layout, start: Start) -> None:
    first = up(place, start)
    before = pids(place)
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: first.wait(0))
    (place.home / "broken").touch()
    with pytest.raises(Refused, match="broken"):
        commands.wait_until_ready(place, start(), threading.Event(), lambda status: None)
    assert probes.http_status(place.ports.api, "/") == 200
    assert not gone(before["echo"])


def test_the_program_says_in_one_sentence_which_port_is_busy(place: Layout) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", place.ports.api))
        other.listen()
        env = {**os.environ, "CONTROLPLANE_HOME": str(place.home), "CONTROLPLANE_PORT_BASE": str(place.ports.api)}
        command = [sys.executable, "-m", "embedded", "up", "--detach"]
        done = subprocess.run(command, env=env, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"Port {place.ports.api} (the console and the API) is in use" in done.stderr
    assert not place.status.exists()
    assert not place.run.exists()

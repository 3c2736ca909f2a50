"""`script/up --demo` and what a newcomer does with it, on a real plane."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded import commands
from embedded.layout import Layout, locate
from tests.support.plane import Plane
from tests.support.waiting import until

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    made = Plane(tmp_path_factory.mktemp("embedded"))
    yield made
    made.down()


@pytest.fixture(scope="module")
def said(plane: Plane) -> str:
    """What the first `script/up --demo` printed."""
    return plane.up("--demo")


def curls(said: str) -> list[str]:
    """The two lines to try: with the key and without."""
    found = re.findall(r"^ +(curl .*Greeter/greet.*)$", said, re.MULTILINE)
    assert len(found) == 2
    return found


def run(curl: str) -> tuple[int, str]:
    """Status and body of a printed line, run by a shell as a newcomer would."""
    done = subprocess.run(
        f"{curl} -s -w '\\n%{{http_code}}'", shell=True, capture_output=True, text=True, timeout=60, check=True
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def call_works(said: str) -> bool:
    return run(curls(said)[0])[0] == 200


def layout(plane: Plane) -> Layout:
    return locate(plane.env)


def our_processes(plane: Plane) -> dict[int, str]:
    """Executable names by pid of this home's processes, found by what the kernel knows and not by our records."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if not (path / "exe").exists():
                continue
            text = (
                (path / "environ").read_bytes()
                + (path / "cmdline").read_bytes()
                + os.fsencode((path / "cwd").readlink())
            )
        except OSError:
            continue
        if os.fsencode(plane.home) in text or os.fsencode(layout(plane).run) in text:
            found[int(path.name)] = (path / "exe").readlink().name
    return found


def test_the_printed_call_answers_with_the_key_and_is_refused_without(said: str) -> None:
    with_key, without_key = curls(said)
    status, body = run(with_key)
    assert (status, body[:10]) == (200, '"Hello Ada')
    assert run(without_key)[0] == 401


def test_a_second_run_finds_everything_and_prints_the_same(plane: Plane, said: str) -> None:
    before = plane.pids
    assert curls(plane.up("--demo")) == curls(said)
    assert plane.pids == before


def test_every_long_running_process_is_named(plane: Plane, said: str) -> None:
    node = {"agent", "runner-worker", "guard", "h2c", "edge", "edge-agent", "relay"}
    names = {"postgres", "redis", "api", "worker", "beat", *node}
    assert set(plane.pids) == names | {"supervisor", "sample-service"}
    assert all(Path(f"/proc/{pid}").exists() for pid in plane.pids.values())


def test_files_with_secrets_are_private(plane: Plane, said: str) -> None:
    files = [plane.home / "demo.json", *(plane.home / "secrets").iterdir()]
    assert {oct(file.stat().st_mode & 0o777) for file in files} == {"0o600"}


def test_kill_9_of_the_supervisor_stops_nothing_and_up_adopts(plane: Plane, said: str) -> None:
    before = plane.pids
    os.kill(before["supervisor"], signal.SIGKILL)
    until(lambda: not Path(f"/proc/{before['supervisor']}").exists())
    assert call_works(said)
    plane.up()
    after = plane.pids
    assert after.pop("supervisor") != before.pop("supervisor")
    assert after == before


def test_stop_and_start_again_keeps_everything(plane: Plane, said: str) -> None:
    assert "restate-server" in our_processes(plane).values()
    plane.down()
    assert our_processes(plane) == {}
    assert not layout(plane).run.exists()
    assert not (plane.home / "endpoints.json").exists()
    assert curls(plane.up("--demo")) == curls(said)
    assert call_works(said)


def test_down_finds_everything_when_nobody_is_left_to_ask(plane: Plane, said: str) -> None:
    for name in ("supervisor", "agent", "edge"):
        os.kill(plane.pids[name], signal.SIGKILL)
    plane.down()
    assert our_processes(plane) == {}
    assert commands.read_status(layout(plane)) == {}
    assert "Nothing is running" in plane.down()

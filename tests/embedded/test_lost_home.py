"""An installation whose files are deleted while it runs: it still ends, all of it."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from embedded import commands, probes, teardown
from embedded.layout import Layout, Refused
from envrunner.keep.keeper import Keeper
from envrunner.keep.process import Kept
from tests.embedded import toy
from tests.embedded.supervised import Start, base, children, gone, pids, place, start, up
from tests.support.waiting import until

__all__ = ["base", "place", "start"]


def engine(place: Layout) -> Kept:
    """A process that the agent would keep, in an own directory like an engine's."""
    locks = teardown.engine_locks(place)
    locks.mkdir(parents=True)
    return Keeper(locks).start(toy.program(place, "engine", "import time; time.sleep(3600)")())


def everything(place: Layout) -> list[int]:
    return [*pids(place).values(), *until(lambda: children(pids(place)["api"]))]


def delete(directory: Path) -> None:
    """Somebody who insists: what runs may write there meanwhile."""

    def done() -> bool:
        shutil.rmtree(directory, ignore_errors=True)
        return not directory.exists()

    until(done)


@pytest.mark.parametrize("lost", [["home"], ["processes"], ["secrets", "logs", "run"]])
def test_sigterm_to_the_supervisor_stops_everything(place: Layout, start: Start, lost: list[str]) -> None:
    supervisor = up(place, start)
    theirs = [*everything(place), engine(place).pid]
    # Taking rules out of the kernel takes more than is there then.
    (place.home / "agent" / "egress-table").touch()
    directories: list[Path] = [getattr(place, name) for name in lost]
    for directory in directories:
        delete(directory)
    os.kill(supervisor.pid, signal.SIGTERM)
    assert supervisor.wait(30)
    assert [pid for pid in theirs if not gone(pid)] == []
    assert not probes.port_in_use(place.ports.api)
    assert not place.run.exists()
    assert not any(directory.exists() for directory in directories)


def test_what_outlived_its_supervisor_and_its_home_is_found_by_down(place: Layout, start: Start) -> None:
    supervisor = up(place, start)
    theirs = [*everything(place), engine(place).pid]
    os.kill(supervisor.pid, signal.SIGKILL)
    until(lambda: supervisor.wait(0))
    delete(place.home)
    with pytest.raises(Refused, match="script/down"):
        start()
    assert not any(gone(pid) for pid in theirs if pid != supervisor.pid)
    assert commands.leftovers(place)
    commands.stop(place)
    assert all(gone(pid) for pid in theirs)
    assert not commands.leftovers(place)


def test_down_tells_a_supervisor_whose_home_is_gone_first(place: Layout, start: Start) -> None:
    """Else it would start again what is being stopped."""
    up(place, start)
    theirs = everything(place)
    delete(place.home)
    commands.stop(place)
    assert all(gone(pid) for pid in theirs)
    assert not place.run.exists()


def test_a_neighbours_processes_are_not_taken_for_lost_ones(place: Layout, start: Start, tmp_path: Path) -> None:
    """Its home begins with the same letters, and one of its locks has been removed."""
    up(place, start)
    other = Path(f"{place.processes}-other")
    neighbour = Keeper(other).start(toy.program(place, "x", "import time; time.sleep(3600)")())
    delete(other)
    delete(place.processes)
    commands.stop(place)
    assert neighbour.alive()
    neighbour.stop()

"""What sends the sweeps knows all of them, and loads none."""

from __future__ import annotations

import subprocess
import sys

from controlplane import beat, worker
from controlplane.settings import settings


def test_every_task_of_the_worker_is_sent_on_time() -> None:
    assert sorted(beat.SWEEPS + beat.TIDYING) == sorted(worker.TASKS)
    schedule = beat.scheduled().conf.beat_schedule
    assert {entry["task"] for entry in schedule.values()} == set(worker.TASKS)
    assert {schedule[name]["schedule"] for name in beat.SWEEPS} == {settings().sweep_seconds}
    assert {schedule[name]["schedule"] for name in beat.TIDYING} == {6 * settings().sweep_seconds}


def test_it_needs_neither_the_database_nor_the_api() -> None:
    code = "import sys, controlplane.beat; print({'sqlalchemy', 'fastapi', 'controlplane.worker'} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"

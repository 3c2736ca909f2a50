"""Stopping everything of one installation, whoever started it and whatever was killed before."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from embedded import accounts
from embedded.layout import CHECKOUT, Layout
from embedded.part import Part
from embedded.surroundings import for_processes
from envrunner.keep.keeper import Keeper
from envrunner.keep.lost import lost
from envrunner.keep.process import Kept

_SERVERS = ("postgres", "redis")


def stop_parts(layout: Layout, known: Iterable[Part]) -> None:
    """Stop every process but the supervisor, engines included, in an order that lets each finish. Idempotent.

    ``known`` says how parts want to be stopped; a process that is not among them gets SIGTERM. Those whose home has
    been deleted are found by what they hold open; engines end, too: what they would go on with is gone.
    """
    parts = {part.name: part for part in known}
    _stop_all(layout.processes, lambda name: name not in _SERVERS, parts)
    # Only now: the agent would start them again.
    _stop_all(engine_locks(layout), lambda _: True, {})
    _remove_egress_rules(layout)
    _stop_all(layout.processes, lambda name: name in _SERVERS, parts)


def anything_runs(layout: Layout) -> bool:
    """Whether any part or engine runs."""
    keepers = [Keeper(directory) for directory in (layout.processes, engine_locks(layout)) if directory.is_dir()]
    for keeper in keepers:
        for name in keeper.names():
            if kept := keeper.adopt(name):
                kept.close()
                return True
    return anything_lost(layout)


def anything_lost(layout: Layout) -> bool:
    """Whether any part, engine or supervisor runs whose lock has been deleted."""
    found = lost(supervisor_locks(layout), layout.processes, engine_locks(layout))
    for kept in found:
        kept.close()
    return bool(found)


def remove_traces(layout: Layout) -> None:
    """Remove what exists only while it runs: the runtime directory and the files that describe it."""
    for path in (layout.endpoints, layout.status):
        path.unlink(missing_ok=True)
    accounts.remove_copies(layout.run)
    with contextlib.suppress(FileNotFoundError):
        if layout.run.lstat().st_uid == os.geteuid():
            shutil.rmtree(layout.run)


def _remove_egress_rules(layout: Layout) -> None:
    """Best effort: rules about accounts that nobody uses do no harm, and the next start replaces them."""
    if not (layout.home / "agent" / "egress-table").exists():
        return
    command = [sys.executable, "-m", "envrunner", "remove-egress-rules"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        env = for_processes(layout, os.environ)
        subprocess.run(command, env=env, cwd=CHECKOUT, capture_output=True, timeout=60, check=False)


def engine_locks(layout: Layout) -> Path:
    """Where the agent keeps the locks and records of its engines."""
    return layout.home / "agent" / "keep"


def supervisor_locks(layout: Layout) -> Path:
    """The same of the supervisor."""
    return layout.home / "supervisor"


def _stop_all(directory: Path, wanted: Callable[[str], bool], parts: dict[str, Part]) -> None:
    todo = [kept for kept in lost(directory) if wanted(kept.name)]
    # Not made anew where it has been deleted.
    if directory.is_dir():
        keeper = Keeper(directory)
        todo += [kept for name in keeper.names() if wanted(name) and (kept := keeper.adopt(name))]
    if todo:
        with ThreadPoolExecutor(max_workers=min(32, len(todo))) as pool:
            list(pool.map(lambda kept: _stop(kept, parts.get(kept.name)), todo))


def _stop(kept: Kept, part: Part | None) -> None:
    if part:
        kept.stop(part.stop_signal, part.grace_seconds)
    else:
        kept.stop()

"""Stopping everything of one installation, whoever started it and whatever was killed before."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from embedded import accounts
from embedded.layout import CHECKOUT, Layout
from embedded.part import Part
from embedded.surroundings import for_processes
from envrunner.keep.keeper import Keeper

_SERVERS = ("postgres", "redis")


def stop_parts(layout: Layout, known: Iterable[Part]) -> None:
    """Stop every process but the supervisor, engines included, in an order that lets each finish. Idempotent.

    ``known`` says how parts want to be stopped; a process that is not among them gets SIGTERM.
    """
    parts = {part.name: part for part in known}
    keeper = Keeper(layout.processes)
    names = keeper.names()
    _stop_all(keeper, [name for name in names if name not in _SERVERS], parts)
    # Only now: the agent would start them again.
    _stop_engines(layout)
    _remove_egress_rules(layout)
    _stop_all(keeper, [name for name in names if name in _SERVERS], parts)


def anything_runs(layout: Layout) -> bool:
    """Whether any part or engine runs."""
    keepers = [Keeper(directory) for directory in (layout.processes, engine_locks(layout)) if directory.is_dir()]
    for keeper in keepers:
        for name in keeper.names():
            if kept := keeper.adopt(name):
                kept.close()
                return True
    return False


def remove_traces(layout: Layout) -> None:
    """Remove what exists only while it runs: the runtime directory and the files that describe it."""
    for path in (layout.endpoints, layout.status):
        path.unlink(missing_ok=True)
    accounts.remove_copies(layout.run)
    with contextlib.suppress(FileNotFoundError):
        if layout.run.lstat().st_uid == os.geteuid():
            shutil.rmtree(layout.run)


def _stop_engines(layout: Layout) -> None:
    directory = engine_locks(layout)
    if directory.is_dir():
        keeper = Keeper(directory)
        _stop_all(keeper, keeper.names(), {})


def _remove_egress_rules(layout: Layout) -> None:
    """Best effort: rules about accounts that nobody uses do no harm, and the next start replaces them."""
    if (layout.home / "agent" / "egress-table").exists():
        command = [sys.executable, "-m", "envrunner", "remove-egress-rules"]
        subprocess.run(
            command, env=for_processes(layout, os.environ), cwd=CHECKOUT, capture_output=True, timeout=60, check=False
        )


def engine_locks(layout: Layout) -> Path:
    """Where the agent keeps the locks and records of its engines."""
    return layout.home / "agent" / "keep"


def _stop_all(keeper: Keeper, names: Iterable[str], parts: dict[str, Part]) -> None:
    todo = list(names)
    if not todo:
        return
    with ThreadPoolExecutor(max_workers=min(32, len(todo))) as pool:
        list(pool.map(lambda name: _stop(keeper, name, parts.get(name)), todo))


def _stop(keeper: Keeper, name: str, part: Part | None) -> None:
    kept = keeper.adopt(name)
    if kept is None:
        return
    if part:
        kept.stop(part.stop_signal, part.grace_seconds)
    else:
        kept.stop()

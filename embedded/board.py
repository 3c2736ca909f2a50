"""What is known of every process, written to ``status.json`` and ``endpoints.json`` whenever it changes."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from embedded.layout import Layout

State = Literal["waiting", "starting", "ready", "restarting"]
Phase = Literal["starting", "ready", "failed", "stopping"]


@dataclass(frozen=True)
class Row:
    """One process. ``since`` is Unix time of its start; ``problem`` says why it does not run."""

    name: str
    state: State = "waiting"
    pid: int | None = None
    since: float | None = None
    restarts: int = 0
    problem: str | None = None


class Board:
    """Thread-safe. Files are replaced, never half-written; on a full disk they stay as they were."""

    def __init__(self, layout: Layout, names: list[str]) -> None:
        self._layout = layout
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._phase: Phase = "starting"
        self._problem: str | None = None
        self._rows = {name: Row(name) for name in names}

    def set(
        self,
        name: str,
        state: State,
        pid: int | None = None,
        since: float | None = None,
        problem: str | None = None,
        restarts: int | None = None,
    ) -> None:
        """Say how ``name`` is; ``restarts`` None leaves the count."""
        with self._changed:
            row = self._rows.get(name, Row(name))
            count = row.restarts if restarts is None else restarts
            self._rows[name] = replace(row, state=state, pid=pid, since=since, problem=problem, restarts=count)
            self._write()
            self._changed.notify_all()

    def set_phase(self, phase: Phase, problem: str | None = None) -> None:
        """Say how the whole is."""
        with self._changed:
            self._phase, self._problem = phase, problem
            self._write()
            self._changed.notify_all()

    def rows(self) -> list[Row]:
        """All processes as they are now."""
        with self._lock:
            return list(self._rows.values())

    def wait(self, timeout_seconds: float) -> None:
        """Until something changes, at most so long."""
        with self._changed:
            self._changed.wait(timeout_seconds)

    def _write(self) -> None:
        rows = list(self._rows.values())
        status = {"phase": self._phase, "problem": self._problem, "processes": [asdict(row) for row in rows]}
        pids = {row.name: row.pid for row in rows if row.pid is not None}
        # What cannot be shown (the disk is full) must go on being kept.
        with contextlib.suppress(OSError):
            write_json(self._layout.status, status)
            write_json(self._layout.endpoints, endpoints(self._layout, {**pids, "supervisor": os.getpid()}))


def endpoints(layout: Layout, pids: dict[str, int]) -> dict[str, object]:
    """The content of endpoints.json (docs: public interface): addresses, ports and the pid of every process."""
    return {
        "consoleUrl": layout.console_url,
        "apiUrl": layout.console_url,
        "ingressPort": layout.ports.ingress,
        "adminPort": layout.ports.admin,
        "tunnelProxyPort": layout.ports.tunnel_proxy,
        "relayPort": layout.ports.relay,
        "pids": pids,
    }


def write_json(path: Path, content: object) -> None:
    """Replace ``path`` (0600) in one step."""
    part = path.with_name(f"{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1)
    part.replace(path)

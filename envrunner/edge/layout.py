"""Where the edge keeps its files and sockets."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from envrunner.engine.accounts import edge_account
from envrunner.settings import Settings

LOG_NAMES = ("edge-error.log", "edge-refused.log")
"""What nginx itself writes; access is logged only where the answer is an error."""


def _is_open(directory: Path) -> bool:
    """Whether every account gets through it, and through all that it is in."""
    places = (directory.absolute(), *directory.absolute().parents)
    return edge_account() is None or all(place.stat().st_mode & 0o001 for place in places)


@dataclass(frozen=True)
class EdgeLayout:
    """Paths of one edge. ``state`` survives a reboot; ``run`` holds sockets and links and is made anew."""

    state: Path
    run: Path
    logs: Path
    engine_sockets: Path

    @classmethod
    def of(cls, settings: Settings) -> EdgeLayout:
        """The layout a node's settings ask for."""
        return cls(settings.edge_dir, settings.run_dir / "edge", settings.log_dir, settings.sockets_dir)

    @property
    def configuration(self) -> Path:
        """The rendered nginx configuration."""
        return self.state / "nginx.conf"

    @property
    def tables(self) -> Path:
        """The edge's copy of its tables."""
        return self.state / "tables.sqlite3"

    @property
    def agent_lock(self) -> Path:
        """Held by the one edge agent."""
        return self.state / "agent.lock"

    @property
    def pid_file(self) -> Path:
        """The process id of the running nginx master."""
        return self.run / "nginx.pid"

    @property
    def boot_file(self) -> Path:
        """During which boot ``pid_file`` was written."""
        return self.run / "boot"

    @property
    def control(self) -> Path:
        """The door to nginx's shared tables; its directory is closed to every other account."""
        return self.run / "control" / "ctl.sock"

    @property
    def door(self) -> Path:
        """Where the node agent tells of restarts; in the same closed directory."""
        return self.control.with_name("agent.sock")

    @property
    def guard(self) -> Path:
        """Where people's calls go on: only nginx's workers get in."""
        return self.run / "guard.sock"

    @property
    def h2c(self) -> Path:
        """Where connections go first that may be the stock CLI's: only nginx's workers get in."""
        return self.run / "h2c.sock"

    @property
    def entries(self) -> Path:
        """A socket of nginx's for each of its ports, named by it; the directory is closed to every other account."""
        return self.run / "p"

    @property
    def back(self) -> Path:
        """Where connections come back from ``h2c``, each with a line that says whose it is (PROXY protocol).

        nginx lets everybody into its sockets: the directory is closed to all accounts but its workers'.
        """
        return self.run / "b" / "back.sock"

    @property
    def phrase(self) -> Path:
        """Where nginx asks itself for answers whose status line has a sentence; in the directory of ``back``."""
        return self.back.with_name("phrase.sock")

    @property
    def admission(self) -> Path:
        """Where nginx asks whether an engine may be given an address: only its workers get in."""
        return self.run / "admission.sock"

    @property
    def spool(self) -> Path:
        """Where nginx's workers note changes of engines until the agent has taken them (recording.py).

        Of the workers' account. Survives a reboot, except where that account has no way to the state.
        """
        return (self.state if _is_open(self.state.parent) else self.run) / "audit"

    @property
    def lines(self) -> Path:
        """Where nginx's workers write an environment's lines (lines.js), ``<label>.log``; `envrunner.shipping` reads.

        It lies where ``spool`` does, for the same reasons.
        """
        return self.spool.with_name("lines")

    @property
    def slots(self) -> Path:
        """Numbered links to the engines' sockets."""
        return self.run / "s"

    def prepare(self) -> None:
        """Make the directories. The workers' account gets through ``run`` to the sockets, never to ``control``."""
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.logs.mkdir(parents=True, exist_ok=True)
        self.run.mkdir(parents=True, exist_ok=True)
        for directory, mode in (
            (self.run, 0o711),
            (self.slots, 0o711),
            (self.run / "tmp", 0o711),
            (self.control.parent, 0o700),
            (self.entries, 0o700),
        ):
            directory.mkdir(exist_ok=True)
            directory.chmod(mode)
        self.state.chmod(0o711)
        _keep_for_workers(self.back.parent)
        _keep_for_workers(self.spool)
        _keep_for_workers(self.lines)
        os.umask(0o077)


def _keep_for_workers(directory: Path) -> None:
    directory.mkdir(mode=0o700, exist_ok=True)
    account = edge_account()
    if account is not None:
        os.chown(directory, account, -1)

"""`up` and `down`: at most one of them works on an installation at a time."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from embedded import probes, teardown
from embedded.excerpt import end_of
from embedded.layout import CHECKOUT, Layout, Refused, make_directories
from embedded.parts import all_parts
from embedded.patience import Patience
from envrunner.keep.keeper import Keeper, Program
from envrunner.keep.lost import lost
from envrunner.keep.process import Kept

_SUPERVISOR = "supervisor"
_STILL_SECONDS = 270.0
_LOOK_SECONDS = 0.03


def start(layout: Layout) -> tuple[Kept, bool]:
    """The running supervisor, and whether it was running before. Raises `Refused`."""
    if teardown.anything_lost(layout):
        raise Refused(
            f"Files in {layout.home} were deleted while it ran, and its processes go on: stop them with script/down, "
            "then start again."
        )
    make_directories(layout)
    with _alone(layout):
        keeper = _supervisor_keeper(layout)
        kept = keeper.adopt(_SUPERVISOR)
        if kept is not None or teardown.anything_runs(layout):
            _refuse_other_ports(layout)
        if kept is not None:
            return kept, True
        try:
            refuse_busy_ports(layout)
        except Refused:
            _tidy(layout)
            raise
        layout.status.unlink(missing_ok=True)
        return keeper.start(_program(layout)), False


def revive(layout: Layout) -> Kept | None:
    """The supervisor again after its death; None when everything was stopped on purpose."""
    with _alone(layout):
        stopped = not layout.run.exists()
    return None if stopped else start(layout)[0]


def wait_until_ready(
    layout: Layout, supervisor: Kept, stop: threading.Event, show: Callable[[dict[str, Any]], None]
) -> None:
    """Block until everything answers or ``stop`` is set. Raises `Refused` with the reason when it does not."""
    patience = Patience(_STILL_SECONDS)
    while not stop.is_set():
        status = read_status(layout)
        show(status)
        if status.get("phase") == "ready":
            return
        if supervisor.wait(_LOOK_SECONDS):
            raise Refused(_why_it_ended(layout))
        if not patience.is_left(status):
            raise Refused(f"Nothing moved for {_STILL_SECONDS:.0f} s; script/down stops it, {layout.logs} says more.")


def _why_it_ended(layout: Layout) -> str:
    problem = read_status(layout).get("problem")
    with _alone(layout):
        if not layout.run.exists():
            return "It was stopped from elsewhere before it was ready."
        _tidy(layout)
    return str(problem or f"The supervisor ended; {end_of(layout.log(_SUPERVISOR))}")


def _refuse_other_ports(layout: Layout) -> None:
    try:
        url = json.loads(layout.endpoints.read_text())["consoleUrl"]
    except (FileNotFoundError, ValueError, KeyError):
        return
    if url != layout.console_url:
        raise Refused(
            f"This home runs with its console at {url}: set CONTROLPLANE_PORT_BASE as then, or script/down first."
        )


def _tidy(layout: Layout) -> None:
    if not teardown.anything_runs(layout):
        teardown.remove_traces(layout)


def leftovers(layout: Layout) -> bool:
    """Whether there is anything to stop or to remove."""
    return layout.run.exists() or layout.endpoints.exists() or teardown.anything_runs(layout)


def stop(layout: Layout) -> None:
    """Stop everything and remove its traces. Works after any process was killed, and when nothing runs."""
    if layout.home.exists():
        with _alone(layout):
            _stop(layout)
    elif leftovers(layout):
        # It has been deleted, and there is nothing to lock.
        _stop(layout)


def _stop(layout: Layout) -> None:
    supervisors = lost(teardown.supervisor_locks(layout))
    if layout.home.exists() and (found := _supervisor_keeper(layout).adopt(_SUPERVISOR)):
        supervisors.append(found)
    for supervisor in supervisors:
        supervisor.stop(signal.SIGTERM, grace_seconds=90.0)
    # Without secrets nothing can be started, and what runs is stopped like any process.
    teardown.stop_parts(layout, all_parts(layout) if layout.secrets.is_dir() else [])
    teardown.remove_traces(layout)


def read_status(layout: Layout) -> dict[str, Any]:
    """Content of status.json; empty while there is none."""
    try:
        return dict(json.loads(layout.status.read_text()))
    except (FileNotFoundError, ValueError):
        return {}


def refuse_busy_ports(layout: Layout) -> None:
    """Raise `Refused` when a port is taken by somebody else than a process of ours that still runs."""
    keeper = Keeper(layout.processes)
    ports = layout.ports
    for purpose, port, owner in (
        ("the console and the API", ports.api, "api"),
        ("ingress", ports.ingress, "edge"),
        ("admin", ports.admin, "edge"),
        ("the tunnel proxy", ports.tunnel_proxy, "relay"),
        ("tunnels", ports.relay, "relay"),
    ):
        if not probes.port_in_use(port):
            continue
        kept = keeper.adopt(owner)
        if kept is not None:
            kept.close()
            continue
        # Looking for it has ended what a killed process left behind: nginx's workers outlive their master.
        if probes.port_in_use(port):
            raise Refused(
                f"Port {port} ({purpose}) is in use by another program. Stop it, or move all ports: "
                f"CONTROLPLANE_PORT_BASE={20_000 if ports.api < 20_000 else ports.api + 1_000} script/up"
            )


def _supervisor_keeper(layout: Layout) -> Keeper:
    return Keeper(teardown.supervisor_locks(layout))


def _program(layout: Layout) -> Program:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["CONTROLPLANE_HOME"] = str(layout.home)
    argv = [sys.executable, "-m", "embedded", "supervise"]
    return Program(_SUPERVISOR, argv, env, CHECKOUT, layout.log(_SUPERVISOR))


@contextlib.contextmanager
def _alone(layout: Layout) -> Iterator[None]:
    descriptor = os.open(layout.home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)

"""Follows the control plane's change log: a snapshot first, then every change in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import structlog

from envrunner.client import InternalClient, InternalError, Unreachable
from envrunner.edge.tables import Change

_log = structlog.get_logger(__name__)
_WAIT_SECONDS = 20
_LONGEST_PAUSE_SECONDS = 2.0
_FIRST_PAUSE_SECONDS = 0.05
_SNAPSHOT_SECONDS = 120.0


class Follower(Protocol):
    """Whoever keeps a copy of the tables. ``sequence`` is the last change it has; None asks for a snapshot."""

    @property
    def sequence(self) -> int | None: ...

    def replace(self, sequence: int, tables: Mapping[str, Mapping[str, Any]]) -> None: ...

    def apply(self, sequence: int, changes: Sequence[Change]) -> object: ...


def follow(client: InternalClient, mirror: Follower, pause: Callable[[float], None] = time.sleep) -> None:
    """Never returns. A control plane that is away is asked again and again, at most `_LONGEST_PAUSE_SECONDS` apart."""
    delay = _FIRST_PAUSE_SECONDS
    while True:
        try:
            step(client, mirror)
            delay = _FIRST_PAUSE_SECONDS
        except (Unreachable, InternalError, KeyError, TypeError, ValueError) as error:
            _log.warning("the control plane gave no changes", reason=str(error))
            pause(delay)
            delay = min(delay * 2, _LONGEST_PAUSE_SECONDS)


def step(client: InternalClient, mirror: Follower) -> None:
    """One question and what follows from its answer."""
    after = mirror.sequence
    if after is None:
        snapshot(client, mirror)
        return
    answer = client.get(
        "/internal/v1/edge/changes", {"after": after, "wait": _WAIT_SECONDS}, timeout_seconds=_WAIT_SECONDS + 10
    )
    if answer["reset"]:
        snapshot(client, mirror)
    elif answer["items"]:
        mirror.apply(int(answer["sequence"]), answer["items"])


def snapshot(client: InternalClient, mirror: Follower) -> None:
    """Take everything anew."""
    answer = client.get("/internal/v1/edge/snapshot", timeout_seconds=_SNAPSHOT_SECONDS)
    mirror.replace(int(answer["sequence"]), answer["tables"])

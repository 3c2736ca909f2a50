"""Redis from the wheel: a unix socket, nothing else, nothing kept."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import redis

from embedded import valkey
from embedded.layout import Layout
from envrunner.keep.keeper import Keeper
from envrunner.keep.process import Kept
from tests.embedded.forks import STRANGER, as_account
from tests.support.waiting import until


def start(layout: Layout) -> Kept:
    kept = Keeper(layout.processes).start(valkey.program(layout))
    until(lambda: valkey.answers(layout))
    return kept


def test_answers_on_its_socket_only(layout: Layout) -> None:
    kept = start(layout)
    client = redis.Redis(unix_socket_path=str(valkey.socket_path(layout)))
    assert client.set("word", "hint") is True
    listening = Path(f"/proc/{kept.pid}/net/tcp").read_text()
    inodes = {str(path.readlink()) for path in Path(f"/proc/{kept.pid}/fd").iterdir()}
    assert not any(f"socket:[{line.split()[9]}]" in inodes for line in listening.splitlines()[1:])
    assert client.config_get("save") == {"save": ""}


def test_starts_again_over_the_socket_of_a_killed_one(layout: Layout) -> None:
    kept = start(layout)
    os.kill(kept.pid, signal.SIGKILL)
    until(lambda: kept.wait(0))
    kept.clear_remains()
    assert not valkey.answers(layout)
    start(layout)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to change accounts")
def test_another_account_cannot_reach_the_socket(layout: Layout) -> None:
    start(layout)
    assert as_account(STRANGER, lambda: valkey.answers(layout)) is False

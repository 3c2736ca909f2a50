"""Hints to a broker that is away are lost at once, and nothing else is."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
from redis.exceptions import ResponseError
from sqlalchemy.orm import Session

from controlplane.core import broker, database, queue
from controlplane.settings import Settings, settings


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """A broker that hangs up on everyone; the list grows with every connection."""
    connections: list[object] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def hang_up() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, address = listening.accept()
                connections.append(address)
                connection.close()

    threading.Thread(target=hang_up, daemon=True).start()
    url = f"redis://127.0.0.1:{listening.getsockname()[1]}/0"
    monkeypatch.setattr(broker, "settings", lambda: Settings(**{**settings().model_dump(), "redis_url": url}))
    broker.celery_app.cache_clear()
    yield connections
    broker.celery_app.cache_clear()
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()


def test_sending_gives_up_after_a_try_or_two(refusing: list[object], capfd: pytest.CaptureFixture[str]) -> None:
    queue.send("some.task", "env_1")
    assert 1 <= len(refusing) <= 2
    assert "hint_not_sent" in "".join(capfd.readouterr())


def test_a_hint_goes_out_after_the_commit_only(refusing: list[object], session: Session) -> None:
    queue.nudge(session, "some.task", "env_1")
    assert refusing == []
    database.commit(session)
    assert refusing


def test_no_hint_after_a_rollback(refusing: list[object], session: Session) -> None:
    with contextlib.suppress(ZeroDivisionError), database.transaction() as own:
        queue.nudge(own, "some.task", "env_1")
        raise ZeroDivisionError
    assert refusing == []


def test_a_broker_that_refuses_is_as_good_as_away(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def without_memory(*_: object, **__: object) -> None:
        # What redis-py raises, and kombu passes on, for Redis without memory or disk.
        raise ResponseError("OOM command not allowed when used memory > 'maxmemory'.")

    monkeypatch.setattr(broker.celery_app(), "send_task", without_memory)
    queue.send("some.task", "env_1")
    assert "hint_not_sent" in "".join(capfd.readouterr())

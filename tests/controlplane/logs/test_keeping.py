"""No more is kept than the plane has room for: by age, by lines and by bytes, of each environment for itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from controlplane.logs import service
from controlplane.logs.models import LogStream
from controlplane.settings import settings
from controlplane.worker import TASKS
from tests.controlplane.logs.conftest import Scene, scene_of
from tests.controlplane.people import SignedUp

Later = Callable[[timedelta], None]


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Small ones, and batches that are smaller still."""
    monkeypatch.setenv("CONTROLPLANE_LOG_LINES", "100")
    monkeypatch.setenv("CONTROLPLANE_LOG_BYTES", "5000")
    monkeypatch.setattr(service, "BATCH", 7)
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def counted(session: Session, scene: Scene) -> tuple[int, int]:
    session.expire_all()
    stream = session.get_one(LogStream, scene.environment_id)
    return stream.kept_lines, stream.kept_bytes


def sizes(scene: Scene) -> tuple[int, int]:
    texts = scene.texts(limit=10_000)
    return len(texts), sum(len(text.encode()) for text in texts)


def test_what_is_too_old_goes_and_the_rest_stays(scene: Scene, session: Session, later: Later) -> None:
    scene.send_numbers(range(1, 21))
    later(timedelta(days=2))
    scene.start += timedelta(days=2)
    scene.send_numbers(range(21, 24))
    later(timedelta(hours=73))
    scene.owner = scene.owner.logs_in()
    service.sweep()
    service.sweep()
    assert scene.texts() == ["line 21", "line 22", "line 23"]
    assert counted(session, scene) == sizes(scene)


def test_a_day_is_kept_whole(scene: Scene, later: Later) -> None:
    scene.send_numbers([1])
    later(timedelta(hours=70))
    scene.owner = scene.owner.logs_in()
    service.sweep()
    assert scene.texts() == ["line 1"]


def test_age_is_settable(scene: Scene, later: Later, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTROLPLANE_LOG_HOURS", "2")
    settings.cache_clear()
    scene.send_numbers([1])
    later(timedelta(hours=3))
    service.sweep()
    assert scene.texts() == []
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.usefixtures("limits")
def test_too_many_lines_lose_the_oldest(scene: Scene, session: Session) -> None:
    scene.send_numbers(range(1, 151))
    service.sweep()
    assert scene.texts(limit=200) == [f"line {number}" for number in range(61, 151)]
    assert counted(session, scene) == sizes(scene)
    scene.send_numbers([1, 60, 150, 151])
    assert scene.texts(limit=1) == ["line 151"]


@pytest.mark.usefixtures("limits")
def test_too_many_bytes_lose_the_oldest(scene: Scene, session: Session) -> None:
    scene.send(*(scene.line(number, line=str(number % 10) * 1000) for number in range(1, 11)))
    service.sweep()
    lines, size = sizes(scene)
    assert size <= 5000
    assert lines >= 4
    assert scene.texts()[-1] == "0" * 1000
    assert counted(session, scene) == (lines, size)


@pytest.mark.usefixtures("limits")
def test_what_strangers_cause_at_the_edge_pushes_out_no_line_of_the_engine(
    scene: Scene, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTROLPLANE_LOG_EDGE_LINES", "20")
    settings.cache_clear()
    scene.send_numbers(range(1, 61))
    for first in range(61, 361, 30):
        scene.send(*(scene.line(number, source="edge", line="x" * 50) for number in range(first, first + 30)))
        service.sweep()
    assert scene.texts(limit=200, source="engine") == [f"line {number}" for number in range(1, 61)]
    assert len(scene.texts(limit=200, source="edge")) == 18
    assert counted(session, scene) == sizes(scene)
    assert session.get_one(LogStream, scene.environment_id).kept_edge_lines == 18


@pytest.mark.usefixtures("limits")
def test_a_line_larger_than_all_room_goes_too(scene: Scene, session: Session) -> None:
    scene.send(scene.line(1, line="x" * 6000))
    service.sweep()
    assert scene.texts() == []
    assert counted(session, scene) == (0, 0)


@pytest.mark.usefixtures("limits")
def test_a_noisy_environment_costs_another_nothing(scene: Scene, signed_up: SignedUp) -> None:
    quiet = scene_of(signed_up("bob"), scene.node)
    quiet.send_numbers(range(1, 91))
    scene.send_numbers(range(1, 501))
    service.sweep()
    assert len(quiet.texts()) == 90
    assert len(scene.texts()) == 90


def test_the_sweep_is_scheduled() -> None:
    assert TASKS["controlplane.sweep_logs"] is service.sweep

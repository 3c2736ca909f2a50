"""Minutes become hours and hours days, once; and what is old is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controlplane.core import clock
from controlplane.core.database import transaction
from controlplane.usage import repository, service
from controlplane.usage.models import Usage, UsageDay, UsageHour, UsageMinute
from controlplane.usage.schemas import Step
from tests.controlplane.usage.test_reading import row

NOON = datetime(2027, 1, 31, 12, 30, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, NOON)


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


def add(table: type[Usage], path: str, *moments: datetime, **figures: Any) -> None:
    with transaction() as session:
        session.add_all(table(**row(path, moment, **figures)) for moment in moments)


def stored(table: type[Usage]) -> list[tuple[datetime, int]]:
    with transaction() as session:
        return [(one.at, one.requests) for one in session.query(table).order_by(table.at)]


def shown(path: str, step: Step) -> int:
    """Requests, by the steps that are shown."""
    environment_id = path.rpartition("/")[2]
    with transaction() as session:
        rows = repository.of_environment(session, environment_id, step, NOON - timedelta(days=20), clock.now())
    return sum(item.requests for item in rows)


def test_an_hour_is_made_when_none_of_its_minutes_can_come_any_more(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    eleven = NOON.replace(hour=11, minute=0)
    add(UsageMinute, path, *(eleven + timedelta(minutes=number) for number in range(60)), engine_seconds=60)
    service.sweep()
    assert stored(UsageHour) == []
    at(monkeypatch, eleven + timedelta(hours=2, minutes=6))
    for _ in range(2):
        service.sweep()
        assert stored(UsageHour) == [(eleven, 60)]
    at(monkeypatch, eleven + timedelta(days=1, hours=4))
    service.sweep()
    assert stored(UsageDay) == [(eleven.replace(hour=0), 60)]


def test_each_request_is_shown_once_before_and_after(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [NOON - timedelta(hours=number, minutes=1) for number in range(0, 44, 2)]
    add(UsageMinute, path, *moments)
    for later in (0, 1, 2, 12, 24, 48, 80):
        at(monkeypatch, NOON + timedelta(hours=later))
        for step in (Step.HOUR, Step.DAY):
            assert shown(path, step) == len(moments), (later, step)
        service.sweep()
    assert stored(UsageMinute) == []


def test_what_is_old_is_forgotten(path: str) -> None:
    add(UsageMinute, path, NOON - timedelta(hours=49), NOON - timedelta(hours=47))
    add(UsageHour, path, NOON - timedelta(days=91), NOON - timedelta(days=89))
    add(UsageDay, path, NOON - timedelta(days=401), NOON - timedelta(days=399))
    service.sweep()
    assert [moment for moment, _ in stored(UsageMinute)] == [NOON - timedelta(hours=47)]
    assert NOON - timedelta(days=91) not in [moment for moment, _ in stored(UsageHour)]
    assert NOON - timedelta(days=401) not in [moment for moment, _ in stored(UsageDay)]

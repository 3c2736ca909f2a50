"""`controlplane doctor`: every check says what is, or what is wrong and what to do."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from controlplane import doctor
from controlplane.core import database
from controlplane.settings import settings
from tests.controlplane.node import Node

pytestmark = pytest.mark.usefixtures("committed")
Report = Callable[[], tuple[int, dict[str, str]]]


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Report:
    def run() -> tuple[int, dict[str, str]]:
        status = doctor.report()
        lines = [line.split(": ", 1) for line in capsys.readouterr().out.splitlines()]
        return status, {name.strip(): message for name, message in lines}

    return run


def test_what_is_well_and_what_is_not(report: Report, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    assert node.call("POST", "/heartbeat", json={"engines": 2, "version": "1"}).status_code == 204
    status, lines = report()
    # These tests have no Redis.
    assert status == 1
    assert lines["✗ redis"].startswith("does not answer")
    assert lines["✓ runners"] == "local (2 of 100 engines)"
    assert {"✓ settings", "✓ secrets", "✓ database"} <= lines.keys()
    monkeypatch.setitem(doctor.CHECKS, "redis", lambda: "answers")
    assert report()[0] == 0


def test_a_silent_runner_is_named(report: Report, node: Node, later: Callable[[timedelta], None]) -> None:
    node.call("POST", "/heartbeat", json={"engines": 2, "version": "1"})
    later(timedelta(minutes=2))
    assert "start `envrunner worker` there" in report()[1]["✗ runners"]


def test_no_runner_at_all(report: Report) -> None:
    assert "controlplane init" in report()[1]["✗ runners"]


def test_a_secret_that_others_can_read_is_named(report: Report) -> None:
    path = settings().secrets_dir / "master.key"
    path.chmod(0o644)
    assert "master.key" in report()[1]["✗ secrets"]
    path.chmod(0o600)
    assert "✓ secrets" in report()[1]


def test_a_database_that_is_away_is_one_line(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    away = settings().model_copy(update={"database_url": "postgresql+psycopg://nobody@127.0.0.1:1/none"})
    monkeypatch.setattr(database, "settings", lambda: away)
    for cached in (database.engine, database._sessions):
        cached.cache_clear()
    status, lines = report()
    for cached in (database.engine, database._sessions):
        cached.cache_clear()
    assert status == 1
    assert {"✗ database", "✗ runners"} <= lines.keys()

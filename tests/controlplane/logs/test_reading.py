"""A window of the log: which lines, in which order, for whom; and what is wrong with a bad question."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from controlplane.auth import Principal, Role
from controlplane.core.database import transaction
from controlplane.core.errors import NotFound
from controlplane.login.models import LoginSession
from controlplane.logs import service
from tests.controlplane.logs.conftest import Scene, scene_of
from tests.controlplane.people import SignedUp


def test_a_line_has_its_time_in_both_spellings(scene: Scene) -> None:
    scene.send(scene.line(1, at="2026-01-01T12:00:00.123456Z", level="WARN", source="node", line="x"))
    assert scene.read() == [
        {
            "at": "2026-01-01T12:00:00.123Z",
            "unixNanos": 1767268800123456000,
            "level": "WARN",
            "source": "node",
            "line": "x",
        }
    ]


def test_the_last_lines_come_oldest_first(scene: Scene) -> None:
    scene.send_numbers(range(1, 1501))
    assert scene.texts() == [f"line {number}" for number in range(501, 1501)]
    assert scene.texts(limit=3) == ["line 1498", "line 1499", "line 1500"]
    assert scene.texts(limit=10_000) == [f"line {number}" for number in range(1, 1501)]
    assert scene.texts(limit=0) == []


@pytest.mark.usefixtures("committed")
def test_a_log_is_read_after_an_idle_while(scene: Scene) -> None:
    """A request then notes its session's use; a log's reader asks for its rights a second time meanwhile."""
    with transaction() as session:
        idle = update(LoginSession).where(LoginSession.user_id == scene.owner.user_id)
        session.execute(idle.values(last_used_at=datetime.now(UTC) - timedelta(minutes=6)))
    assert scene.texts() == []
    with transaction() as session:
        used = select(LoginSession.last_used_at).where(LoginSession.user_id == scene.owner.user_id)
        assert session.scalars(used).one() > datetime.now(UTC) - timedelta(minutes=5)


def test_a_window_has_its_beginning_and_not_its_end(scene: Scene) -> None:
    scene.start = datetime(2026, 1, 1, 12, tzinfo=UTC)
    scene.send_numbers(range(1, 11))
    assert scene.texts(since="2026-01-01T12:00:03Z", until="2026-01-01T12:00:05Z") == ["line 3", "line 4"]
    assert scene.texts(since="2026-01-01T12:00:03Z", until="2026-01-01T12:00:09Z", limit=2) == ["line 7", "line 8"]
    assert scene.texts(since="2026-01-01T14:00:09+02:00") == ["line 9", "line 10"]
    assert scene.texts(since="2026-01-01T12:00:05Z", until="2026-01-01T12:00:05Z") == []


@pytest.mark.parametrize(("ago", "seconds"), [("90s", 90), ("2m", 120), ("1h", 3600), ("1d", 86_400)])
def test_a_time_may_be_so_long_ago(scene: Scene, ago: str, seconds: int) -> None:
    now = datetime.now(UTC)
    for number, age in ((1, seconds + 30), (2, seconds - 30)):
        scene.send(scene.line(number, at=(now - timedelta(seconds=age)).isoformat()))
    assert scene.texts(since=ago) == ["line 2"]
    assert scene.texts(until=ago) == ["line 1"]


def test_a_plus_that_was_not_encoded_is_understood(scene: Scene) -> None:
    assert scene.owner.get(f"{scene.path}/logs?since=2026-01-01T14:00:09+02:00").status_code == 200


def test_lines_are_chosen_by_level_and_text(scene: Scene) -> None:
    for number, level in enumerate(("TRACE", "DEBUG", "INFO", "WARN", "ERROR"), 1):
        scene.send(scene.line(number, level=level, line=f"{level} 100% of_all"))
    assert [line["level"] for line in scene.read(level="WARN")] == ["WARN", "ERROR"]
    assert [line["level"] for line in scene.read(level="warn", limit=1)] == ["ERROR"]
    assert len(scene.read(text="OF_ALL")) == 5
    assert len(scene.read(text="100%")) == 5
    assert scene.read(text="1%0") == []
    assert scene.read(text="ofxall") == []
    assert [line["level"] for line in scene.read(text="debug", level="TRACE")] == ["DEBUG"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-01-01"}, "since"),
        ({"since": "2026-01-01T12:00:00"}, "since"),
        ({"since": "20260101T120000Z"}, "since"),
        ({"since": "9999999999999d"}, "since"),
        ({"since": "999999999d"}, "since"),
        ({"since": "-5m"}, "since"),
        ({"since": "5 m"}, "since"),
        ({"since": ""}, "since"),
        ({"until": "15"}, "until"),
        ({"until": "9999-12-31T23:59:59-12:00"}, "until"),
        ({"limit": "10001"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"level": "LOUD"}, "level"),
        ({"text": ""}, "text"),
        ({"text": "\0"}, "text"),
        ({"text": "x" * 201}, "text"),
        ({"follow": "perhaps"}, "follow"),
    ],
)
def test_what_is_wrong_with_a_question_is_named(scene: Scene, query: dict[str, Any], field: str) -> None:
    answer = scene.get(**query)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"
    assert [error["field"] for error in answer.json()["details"]["errors"]] == [field]


def test_following_has_no_end(scene: Scene) -> None:
    answer = scene.get(follow="true", until="1m")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert [error["field"] for error in answer.json()["details"]["errors"]] == ["until"]


@pytest.mark.parametrize("role", Role)
def test_every_member_may_read(scene: Scene, signed_up: SignedUp, role: Role) -> None:
    bob = signed_up("bob").joins(scene.account_id, role)
    scene.send_numbers([1])
    assert scene.get(bob).text.count("line 1") == 1


def test_another_tenant_finds_nothing_whatever_they_guess(scene: Scene, signed_up: SignedUp) -> None:
    scene.send_numbers([1])
    eve = scene_of(signed_up("eve"), scene.node)
    guesses = [
        f"/accounts/{scene.account_id}/environments/{scene.environment_id}",
        f"/accounts/{eve.account_id}/environments/{scene.environment_id}",
        f"/accounts/{scene.account_id}/environments/{eve.environment_id}",
        f"/accounts/{eve.account_id}/environments/{scene.environment_id.upper()}",
        f"/accounts/{eve.account_id}/environments/{eve.environment_id}%20OR%20true",
        f"/accounts/{eve.account_id}/environments/%25",
    ]
    for path in guesses:
        for query in ("", "?follow=true", f"?text={scene.environment_id}"):
            answer = eve.owner.get(f"{path}/logs{query}")
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    for text in ("%", "_", "'", "\\", "line"):
        assert eve.texts(text=text) == []


def test_the_service_gives_the_same_to_other_doors(scene: Scene, signed_up: SignedUp) -> None:
    scene.send_numbers(range(1, 11))
    eve = signed_up("eve")
    with transaction() as session:
        principal = _principal(scene.owner.user_id, scene.account_id)
        found = service.lines(session, principal, scene.account_id, scene.environment_id, None, None, 2)
        assert [row.line for row in found] == ["line 9", "line 10"]
        with pytest.raises(NotFound):
            service.lines(
                session, _principal(eve.user_id, "acc_x"), scene.account_id, scene.environment_id, None, None, 2
            )


def test_long_lines_come_in_more_portions_and_all_of_them(scene: Scene) -> None:
    for number in range(1, 31):
        scene.send(scene.line(number, line=f"{number} " + "é" * 50_000))
    assert [text.split()[0] for text in scene.texts()] == [str(number) for number in range(1, 31)]
    assert [text.split()[0] for text in scene.texts(limit=2)] == ["29", "30"]


def test_other_doors_are_given_no_more_than_fits_in_memory(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.send_numbers(range(1, 101))
    by = _principal(scene.owner.user_id, scene.account_id)
    for most_bytes, lines in ((1, 1), (8, 1), (9, 2), (80, 12)):
        monkeypatch.setattr(service, "MOST_BYTES", most_bytes)
        with transaction() as session:
            found = service.lines(session, by, scene.account_id, scene.environment_id, None, None, 1000)
        assert [row.line for row in found] == [f"line {number}" for number in range(101 - lines, 101)]


def test_head_of_a_log_that_is_followed_ends(scene: Scene) -> None:
    answer = scene.owner.call("HEAD", f"{scene.path}/logs?follow=true")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


def _principal(user_id: str, account_id: str) -> Principal:
    return Principal(user_id, "x@example.com", "ses_x", {account_id: Role.VIEWER})


def test_lines_of_one_source(scene: Scene) -> None:
    scene.send(*(scene.line(number, source=source) for number, source in enumerate(("engine", "edge", "node"), 1)))
    assert [line["source"] for line in scene.read()] == ["engine", "edge", "node"]
    assert scene.texts(source="edge") == ["line 2"]
    assert scene.texts(source="engine", limit=5) == ["line 1"]
    assert scene.get(source="nginx").status_code == 422

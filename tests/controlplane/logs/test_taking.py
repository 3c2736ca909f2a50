"""Lines that runners send: stored once, only for their own environments, and never refused for what is in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from controlplane.logs.models import LogLine, LogStream
from tests.controlplane.logs.conftest import Scene, scene_of
from tests.controlplane.node import Node
from tests.controlplane.people import SignedUp


def kept(session: Session, environment_id: str) -> tuple[int, int, int]:
    """Lines and bytes according to the stream, and the highest number."""
    session.expire_all()
    stream = session.get_one(LogStream, environment_id)
    return stream.kept_lines, stream.kept_bytes, stream.last_sequence


def test_what_is_sent_again_is_stored_once(scene: Scene, session: Session) -> None:
    scene.send_numbers([1, 2, 5])
    scene.send_numbers([1, 2, 5])
    scene.send_numbers([2, 5, 6, 6, 7])
    assert scene.texts() == ["line 1", "line 2", "line 5", "line 6", "line 7"]
    assert kept(session, scene.environment_id) == (5, 30, 7)


def test_a_line_that_was_deleted_does_not_come_back(scene: Scene, session: Session) -> None:
    scene.send_numbers([1, 2])
    session.query(LogLine).delete()
    session.commit()
    scene.send_numbers([1, 2, 3])
    assert scene.texts() == ["line 3"]


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("a\0b", "a�b"),
        ("'); DROP TABLE log_line; --", "'); DROP TABLE log_line; --"),
        ("%s {} {0} \\x00 \\", "%s {} {0} \\x00 \\"),
        ('{"at":"x"}\n{"at":"y"}', '{"at":"x"}\n{"at":"y"}'),
        ("x" * 100_000, "x" * 100_000),
        ("", ""),
        ("😀", "😀"),
    ],
)
def test_any_text_is_stored_and_comes_back_as_one_line(scene: Scene, sent: str, read: str) -> None:
    scene.send(scene.line(1, line=sent))
    assert scene.texts() == [read]


def test_a_time_to_come_is_taken_for_now(scene: Scene) -> None:
    scene.send(scene.line(1, at="9998-01-01T00:00:00Z"))
    at = datetime.fromisoformat(scene.read()[0]["at"])
    assert abs(at - datetime.now(UTC)) < timedelta(minutes=5)


def test_environments_of_other_runners_are_none_of_its_business(
    scene: Scene, signed_up: SignedUp, session: Session
) -> None:
    elsewhere = Node.register(scene.node.client, "elsewhere", "elsewhere")
    foreign = Scene(scene.owner, elsewhere, scene.account_id, scene.environment_id)
    foreign.send_numbers([1, 2])
    scene.send(scene.line(1), environment_id="env_" + "0" * 27)
    scene.send(scene.line(1), environment_id="' OR true --")
    assert session.scalar(select(func.count()).select_from(LogLine)) == 0
    assert scene.texts() == []


def test_one_runners_environments_keep_their_lines_apart(scene: Scene, signed_up: SignedUp) -> None:
    other = scene_of(signed_up("bob"), scene.node)
    items = [
        {"environmentId": one.environment_id, "lines": [one.line(1, line=text)]}
        for one, text in ((scene, "mine"), (other, "yours"))
    ]
    assert scene.node.call("POST", "/logs", json={"items": items}).status_code == 204
    assert (scene.texts(), other.texts()) == (["mine"], ["yours"])


@pytest.mark.parametrize("credential", ["guessed", ""])
def test_nobody_else_may_send(scene: Scene, credential: str) -> None:
    scene.node.credential = credential
    answer = scene.node.call("POST", "/logs", json={"items": []})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "members",
    [{"sequence": 0}, {"sequence": 2**63}, {"at": "yesterday"}, {"level": "LOUD"}, {"source": "tenant"}, {"line": 1}],
)
def test_what_is_no_line_is_refused_as_a_whole(scene: Scene, members: dict[str, object]) -> None:
    items = [{"environmentId": scene.environment_id, "lines": [scene.line(1), scene.line(2, **members)]}]
    assert scene.node.call("POST", "/logs", json={"items": items}).status_code == 422
    assert scene.texts() == []


def test_a_purge_takes_the_lines_along_and_no_later_ones_are_taken(scene: Scene, session: Session) -> None:
    scene.send_numbers(range(1, 50))
    assert scene.owner.delete(f"{scene.path}?purge=true").status_code == 202
    scene.node.does_what_it_should()
    scene.send_numbers([60])
    assert session.scalar(select(func.count()).select_from(LogLine)) == 0
    assert session.scalar(select(func.count()).select_from(LogStream)) == 0
    assert scene.get().status_code == 404


def test_a_deleted_environment_can_still_be_read(scene: Scene) -> None:
    scene.send_numbers([1])
    assert scene.owner.delete(scene.path).status_code == 202
    scene.node.does_what_it_should()
    assert scene.texts() == ["line 1"]

"""Each line arrives once and in order, whatever dies, rotates or is away in between."""

from __future__ import annotations

import contextlib
import fcntl
import random

import pytest

from envrunner.client import InternalError, Unreachable
from tests.envrunner.logs.conftest import ENVIRONMENT, LABEL, Sender

SEEDS = range(15)


def test_lines_arrive_in_order(sender: Sender) -> None:
    log = sender.log()
    for start in (0, 3, 6):
        log.write(*(f"line {number}" for number in range(start, start + 3)))
        sender.send_all()
    assert sender.taken() == [f"line {number}" for number in range(9)]
    numbers = [line["sequence"] for line in sender.plane.lines[ENVIRONMENT]]
    assert numbers == list(range(numbers[0], numbers[0] + 9))


def test_a_line_is_sent_when_it_is_complete(sender: Sender) -> None:
    log = sender.log()
    log.write_bytes(b"first\nsec")
    sender.send_all()
    assert sender.taken() == ["first"]
    log.write_bytes(b"ond\n")
    sender.send_all()
    assert sender.taken() == ["first", "second"]


def test_an_answer_that_is_lost_stores_nothing_twice(sender: Sender) -> None:
    sender.log().write("one", "two")
    sender.plane.answers_to_logs = [500]
    with pytest.raises(InternalError):
        sender.shipper.round()
    sender.restart()
    sender.log().write("three")
    sender.send_all()
    assert sender.taken() == ["one", "two", "three"]


def test_what_was_written_while_the_control_plane_was_away_arrives(sender: Sender) -> None:
    log = sender.log()
    log.write("before")
    sender.send_all()
    sender.plane.stop()
    for number in range(3):
        log.write(f"while away {number}")
        log.rotate()
        with pytest.raises(Unreachable):
            sender.shipper.round()
    log.write("after")
    sender.plane.start()
    sender.send_all()
    assert sender.taken() == ["before", "while away 0", "while away 1", "while away 2", "after"]


def test_what_was_rotated_away_unsent_is_said_to_be_missing(sender: Sender) -> None:
    log = sender.log()
    log.write("before")
    sender.send_all()
    for number in range(5):
        log.write(f"while away {number}")
        log.rotate()
    sender.send_all()
    before, remark, *rest = sender.taken()
    assert before == "before"
    assert remark.startswith("Lines are missing here")
    assert rest == ["while away 2", "while away 3", "while away 4"]


def test_a_log_that_was_cut_by_hand_is_read_on_from_its_beginning(sender: Sender) -> None:
    log = sender.log()
    log.write("old one")
    log.rotate()
    log.write("old two")
    sender.send_all()
    log.path.write_bytes(b"")
    sender.send_all()
    log.write("new")
    sender.send_all()
    first, second, remark, new = sender.taken()
    assert (first, second, new) == ("old one", "old two", "new")
    assert remark.startswith("Lines are missing here")


def test_a_rotation_that_was_killed_repeats_nothing(sender: Sender) -> None:
    log = sender.log()
    log.write("one", "two")
    sender.send_all()
    log.rotate_and_die()
    log.write("three")
    sender.send_all()
    log.rotate()
    log.write("four")
    sender.send_all()
    assert sender.taken() == ["one", "two", "three", "four"]


@pytest.mark.parametrize("seed", SEEDS)
def test_any_order_of_events_gives_every_line_once(sender: Sender, seed: int) -> None:
    """Writes, rotations (killed ones too), lost answers and restarts, with two rotations at most between sendings."""
    chance, log, written, rotations = random.Random(seed), sender.log(), 0, 0
    for _ in range(60):
        act = chance.choice(["write", "write", "rotate", "die", "send", "lose", "restart"])
        if act == "write":
            count = chance.randint(1, 5)
            log.write(*(f"line {number}" for number in range(written, written + count)))
            written += count
        elif act in ("rotate", "die") and rotations < 2 and log.path.stat().st_size:
            rotations += 1
            log.rotate() if act == "rotate" else log.rotate_and_die()
        elif act == "restart":
            sender.restart()
        elif act == "lose" and not sender.plane.answers_to_logs:
            sender.plane.answers_to_logs = [503]
        elif act == "send":
            _send(sender)
            rotations = 0
    _send(sender)
    assert sender.taken() == [f"line {number}" for number in range(written)]


@pytest.mark.parametrize("seed", SEEDS)
def test_two_logs_of_one_environment_lose_and_double_nothing_of_each_other(sender: Sender, seed: int) -> None:
    """As above; each log's own order holds."""
    chance, logs, written = random.Random(seed), {"engine": sender.log(), "edge": sender.edge_log()}, 0
    expected: dict[str, list[str]] = {"engine": [], "edge": []}
    for _ in range(80):
        act = chance.choice(["write", "write", "write", "rotate", "send", "lose", "round", "restart"])
        source = chance.choice(["engine", "edge"])
        if act == "write":
            lines = [f"line {written + one}" for one in range(chance.randint(1, 3))]
            written += len(lines)
            logs[source].write(*lines)
            expected[source] += lines
        elif act == "rotate" and logs[source].path.stat().st_size:
            _send(sender)
            logs[source].rotate()
        elif act == "restart":
            sender.restart()
        elif act == "lose" and not sender.plane.answers_to_logs:
            sender.plane.answers_to_logs = [503]
        elif act == "round":
            with contextlib.suppress(InternalError):
                sender.shipper.round()
        elif act == "send":
            _send(sender)
    _send(sender)
    taken = sender.plane.lines.get(ENVIRONMENT, [])
    assert {name: [one["line"] for one in taken if one["source"] == name] for name in expected} == expected
    numbers = [one["sequence"] for one in taken]
    assert numbers == sorted(set(numbers))


def test_a_lost_position_of_the_log_that_was_sent_last_costs_the_other_nothing(sender: Sender) -> None:
    sender.log().write("engine one")
    sender.send_all()
    sender.edge_log().write("edge one")
    sender.send_all()
    (sender.settings.edge_positions_dir / f"{LABEL}.json").unlink()
    sender.restart()
    sender.log().write("engine two")
    sender.send_all()
    assert [one for one in sender.taken() if one.startswith("engine")] == ["engine one", "engine two"]


def test_a_log_that_went_with_the_runtime_directory_costs_the_other_nothing(sender: Sender) -> None:
    """Where the edge's lines lie there, a reboot takes them, and with them the highest number."""
    sender.log().write("engine one")
    sender.send_all()
    edge = sender.edge_log()
    edge.write("edge one", "edge two", "edge three")
    sender.send_all()
    edge.path.unlink()
    sender.restart()
    sender.log().write("engine two")
    sender.send_all()
    sender.log().write("engine three")
    sender.edge_log().write("edge four")
    sender.send_all()
    assert sorted(sender.taken()) == sorted(
        ["edge one", "edge two", "edge three", "edge four", "engine one", "engine two", "engine three"]
    )


def _send(sender: Sender) -> None:
    while True:
        try:
            sender.send_all()
        except InternalError:
            continue
        return


def test_a_position_that_cannot_be_read_costs_lines_sent_twice_and_none(sender: Sender) -> None:
    log = sender.log()
    log.write("one")
    sender.send_all()
    (sender.settings.log_positions_dir / f"{LABEL}.json").write_text("{")
    log.write("two")
    sender.send_all()
    assert sender.taken() == ["one", "one", "two"]


def test_a_log_that_is_gone_is_forgotten(sender: Sender) -> None:
    sender.log().write("one")
    sender.send_all()
    sender.log().path.unlink()
    sender.send_all()
    assert list(sender.settings.log_positions_dir.iterdir()) == []


def test_while_a_log_is_rotated_it_is_left_for_the_next_round(sender: Sender) -> None:

    log = sender.log()
    log.write("one")
    with log.path.open() as rotating:
        fcntl.flock(rotating, fcntl.LOCK_EX)
        sender.send_all()
        assert sender.taken() == []
    sender.send_all()
    assert sender.taken() == ["one"]

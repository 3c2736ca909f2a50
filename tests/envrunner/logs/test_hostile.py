"""A tenant's services have a say in what its engine logs, and nothing they say may harm or tell."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

import pytest

from envrunner.shipping.lines import Cleaner, head
from tests.envrunner.logs.conftest import ENVIRONMENT, LABEL, Sender

NOW = datetime(2026, 11, 20, 12, 0, 0, 500_000, tzinfo=UTC)
OTHER = "1" * 27


def engine_line(message: str, at: str = "2026-01-20T11:00:00.000001Z", level: str = "INFO") -> str:
    head = {"timestamp": at, "level": level, "fields": {"message": message}, "target": "restate"}
    return json.dumps(head, separators=(",", ":"))


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        (b"\x1b[31mred\x1b[0m", "�[31mred�[0m"),
        (b"a\0b", "a�b"),
        (b"\xff\xfe and \xc3\xa9", "�� and é"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe".encode(), "�gnp.exe"),
        ("two\N{LINE SEPARATOR}lines\r".encode(), "two�lines�"),
        ("a\tb\N{NO-BREAK SPACE}c".encode(), "a\tb\N{NO-BREAK SPACE}c"),
        (b"", ""),
    ],
)
def test_what_could_harm_a_reader_is_replaced(sender: Sender, sent: bytes, seen: str) -> None:
    sender.log().write_bytes(sent + b"\n")
    sender.send_all()
    assert sender.taken() == [seen]


def test_a_huge_line_is_cut_and_says_so(sender: Sender) -> None:
    log = sender.log()
    log.write("before", "x" * 20_000_000, "after")
    sender.send_all()
    before, cut, after = sender.taken()
    most = sender.settings.log_line_bytes
    assert (before, after) == ("before", "after")
    assert cut == "x" * most + f"… ({20_000_000 - most} bytes left out)"


def test_a_line_without_an_end_takes_no_memory_and_holds_up_nobody(sender: Sender) -> None:
    sender.log().write_bytes(b"x" * 20_000_000)
    sender.log(OTHER).write("hello")
    sender.send_all()
    assert sender.taken() == []
    assert sender.taken(f"env_{OTHER}") == ["hello"]


def test_level_and_time_are_the_engines_own(sender: Sender) -> None:
    sender.log().write(engine_line("x", level="WARN"), "error: the configuration is wrong", "plain")
    sender.send_all()
    known, error, plain = sender.plane.lines[ENVIRONMENT]
    assert (known["at"], known["level"], known["source"]) == ("2026-01-20T11:00:00.000001Z", "WARN", "engine")
    assert (error["level"], plain["level"]) == ("ERROR", "INFO")


@pytest.mark.parametrize(
    "text",
    [
        '{"timestamp":"9999-12-31T23:59:59.999999Z","level":"INFO"}',
        '{"timestamp":"2027-01-01T00:00:00.000000Z","level":"INFO"}',
        '{"timestamp":"2026-99-99T00:00:00.000000Z","level":"INFO"}',
        '{"timestamp":"-------------------Z","level":"INFO"}',
        '{"timestamp":"2026-01-01","level":"INFO"}',
        '{"sequence":1,"environmentId":"env_1"}',
        "{",
    ],
)
def test_a_forged_time_is_never_later_than_now(text: str) -> None:
    found = head(text.encode(), NOW)
    assert (found.at, found.level) == (NOW, "INFO")


def test_a_level_that_is_none_is_not_taken_over() -> None:
    assert head(engine_line("x", level="ROOT").encode(), NOW).level == "INFO"


def test_directories_of_the_host_and_private_keys_are_not_told(sender: Sender) -> None:
    home = sender.settings.state_dir.parent
    key = "-----BEGIN PRIVATE KEY-----\\nMC4CAQAw\\n-----END PRIVATE KEY-----"
    sender.log().write(
        engine_line(f"listening on {sender.settings.sockets_dir}/{LABEL}/i.sock.b"),
        engine_line(f"cannot open {sender.settings.engines_dir}/{LABEL}/engine/db: no space"),
        engine_line(f"bad key {key}!"),
        engine_line("-----BEGIN PRIVATE KEY-----MC4CAQAw"),
        engine_line(f"{sender.settings.engines_dir}-of-mine stays"),
    )
    sender.send_all()
    texts = [json.loads(line)["fields"]["message"] for line in sender.taken()[:3]]
    assert texts == [f"listening on <node>/{LABEL}/i.sock.b", f"cannot open <node>/{LABEL}/engine/db: no space",
                     "bad key <private key>!"]  # fmt: skip
    assert not any("MC4C" in line for line in sender.taken())
    assert str(home) not in "".join(sender.taken()[:4])
    assert "engines-of-mine" in sender.taken()[4]


def test_relative_directories_hide_nothing_by_accident() -> None:
    clean = Cleaner([], 1000)
    assert clean(b"/ and . stay", 12) == "/ and . stay"


def test_a_link_in_place_of_a_log_is_not_followed(sender: Sender) -> None:
    secret = sender.settings.state_dir / "secret"
    secret.write_text("secret\n")
    path = sender.settings.log_dir / "engines" / f"{LABEL}.log"
    path.symlink_to(secret)
    (path.parent / "not-a-label.log").write_text("no environment\n")
    os.mkfifo(path.with_name(f"{OTHER}.log"))
    sender.send_all()
    assert sender.plane.lines == {}


def test_a_noisy_tenant_is_cut_to_its_rate_and_told_so(sender: Sender) -> None:
    sender.restart(log_lines_per_second=10)
    sender.log().write(*(engine_line(f"noise {number}") for number in range(5000)))
    sender.log().write(engine_line("later", "2026-01-20T11:00:30.000000Z"))
    sender.log(OTHER).write("hello")
    sender.send_all()
    *noise, remark, later = sender.plane.lines[ENVIRONMENT]
    assert [json.loads(line["line"])["fields"]["message"] for line in noise] == [f"noise {n}" for n in range(100)]
    assert remark["line"] == "4900 lines were left out here: this environment logs more than 10 lines per second."
    assert (remark["source"], remark["level"]) == ("node", "WARN")
    assert remark["at"] <= later["at"]
    assert "later" in later["line"]
    assert sender.taken(f"env_{OTHER}") == ["hello"]


def test_the_rate_is_of_the_lines_own_time_not_of_when_they_are_sent(sender: Sender) -> None:
    """After an outage a backlog is sent as fast as possible, and none of it is left out for that."""
    sender.restart(log_lines_per_second=1)
    sender.log().write(*(engine_line(str(n), f"2026-01-20T11:{n // 6:02}:{n % 6 * 10:02}.000000Z") for n in range(300)))
    sender.send_all()
    assert len(sender.taken()) == 300


def test_lines_are_left_out_alike_when_they_are_sent_again(sender: Sender) -> None:
    sender.restart(log_lines_per_second=10)
    log = sender.log()
    log.write(*(engine_line(f"noise {number}") for number in range(60)))
    sender.send_all()
    log.write(*(engine_line(f"noise {number}") for number in range(60, 120)))
    sender.plane.answers_to_logs = [500]
    with pytest.raises(Exception, match="500"):
        sender.shipper.round()
    sender.restart()
    sender.send_all()
    assert len(sender.taken()) == 101
    assert sender.taken()[-1].startswith("20 lines were left out")


@pytest.mark.parametrize("status", [400, 413, 422])
def test_lines_that_cannot_be_taken_cost_no_other_tenant_theirs(sender: Sender, status: int) -> None:
    sender.log().write("poison")
    sender.log(OTHER).write("hello")
    sender.plane.answers_to_logs = [status, status]
    sender.send_all()
    assert sorted([*sender.taken(), *sender.taken(f"env_{OTHER}")]) in (["hello"], ["poison"])
    sender.log().write("more")
    sender.log(OTHER).write("more")
    sender.send_all()
    assert sender.taken()[-1] == sender.taken(f"env_{OTHER}")[-1] == "more"


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_what_may_be_taken_later_is_kept(sender: Sender, status: int) -> None:
    sender.log().write("one")
    sender.plane.answers_to_logs = [status]
    with pytest.raises(Exception, match=str(status)):
        sender.shipper.round()
    sender.send_all()
    assert sender.taken() == ["one"]

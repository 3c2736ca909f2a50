"""Reasons a person can act on."""

from __future__ import annotations

import signal
from pathlib import Path

from envrunner.engine import obituary
from envrunner.shipping.lines import Cleaner

ERROR = '{"level":"ERROR","fields":{"message":"Restate application failed","error":"no key"},"target":"x"}'
INFO = '{"level":"INFO","fields":{"message":"flushed"}}'


def reason(exit_status: int | None, log: Path) -> str:
    return obituary.reason(exit_status, log, Cleaner([log.parent], 400))


def test_the_last_error_of_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(f"error: an older one\n{ERROR}\n{INFO}\n[rocksdb] flushed\n[1]\n")
    assert reason(1, log) == "the engine ended with exit status 1: Restate application failed: no key"


def test_plain_text_from_before_logging_started(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("error: invalid value 'x' for '--listen-mode'\n  [possible values: unix]\n")
    assert reason(2, log) == "the engine ended with exit status 2: error: invalid value 'x' for '--listen-mode'"


def test_without_a_log(tmp_path: Path) -> None:
    assert reason(None, tmp_path / "none") == "the engine ended"
    assert reason(-signal.SIGKILL, tmp_path / "none").startswith("the engine was killed by SIGKILL")
    assert reason(-signal.SIGSEGV, tmp_path / "none") == "the engine was killed by SIGSEGV"


def test_nothing_that_a_database_or_a_terminal_chokes_on(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(r'{"level":"ERROR","fields":{"message":"a\u0000b\ud800c\u001b[31m\nd é"}}')
    assert reason(1, log) == "the engine ended with exit status 1: a b c [31m d é"


def test_an_unnamed_signal(tmp_path: Path) -> None:
    assert reason(-40, tmp_path / "none") == "the engine was killed by signal 40"


def test_never_endless(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("error: " + "x" * 10_000)
    assert len(reason(1, log)) < 500


def test_directories_of_the_host_and_private_keys_are_not_told(tmp_path: Path) -> None:
    log = tmp_path / "log"
    pem = "-----BEGIN PRIVATE KEY-----\\nMC4CAQAw\\n-----END PRIVATE KEY-----"
    log.write_text(f'{{"level":"ERROR","fields":{{"message":"no key in {tmp_path}/k.pem","error":"{pem}"}}}}')
    assert reason(1, log) == "the engine ended with exit status 1: no key in <node>/k.pem: <private key>"


def test_a_cut_leaves_no_half_of_a_directory(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(f"error: {'x' * 370} {tmp_path}/a {tmp_path}/b")
    assert str(tmp_path.parent)[:4] not in reason(1, log)

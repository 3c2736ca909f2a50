"""Old rows in files: nothing is lost on the way there and back, and nobody hides rows by calling them archived."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from controlplane.audit import archiving, exporting, repository, tasks, verification
from controlplane.audit.examining import Problem
from controlplane.core import clock
from rcloud.chain import Chain
from tests.controlplane.audit.keeping import ACCOUNT, archive, everything, record, restore, rows, run


@pytest.fixture
def chained(session: Session, configured: Callable[..., None]) -> Session:
    """Two checkpoints, at rows 3 and 5, and a chain of the plane."""
    configured(audit_checkpoint_minutes=0)
    record(3)
    record(2)
    record(1, None)
    return session


def test_rows_go_into_a_file_and_the_chain_goes_on(chained: Session, tmp_path: Path) -> None:
    file = tmp_path / "audit-acc_a-1-5.jsonl"
    assert f"rows 1 to 5 are in {file}" in archive(tmp_path)
    assert rows(chained) == [6]
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == [file.name]
    assert run("verify", "--from-file", str(file)) == "✓ acc_a: 5 rows, 2 signed checkpoints\n"
    others = Chain()
    others.take_all(file.read_text().splitlines())
    assert (others.rows, others.signed, others.signed_to) == (5, 2, 5)
    record(2)
    assert run("verify", "--account", ACCOUNT).endswith("; rows up to 5 are archived\n")
    exported = run("export", "--account", ACCOUNT)
    assert "✓ acc_a: 3 rows" in run("verify", "--from-file", "-", given=exported)
    assert "rows 6 to 8" in archive(tmp_path)
    assert verification.verify(chained, ACCOUNT).finding is None
    assert "✓ acc_a: 3 rows" in run("verify", "--from-file", str(tmp_path / "audit-acc_a-6-8.jsonl"))


def test_rows_come_back_as_they_were(chained: Session, tmp_path: Path) -> None:
    before = everything(chained)
    archive(tmp_path)
    tasks.sign_chains()
    archive(tmp_path)
    first, second = sorted(tmp_path.iterdir())
    assert "rows 6 to 6: restore those first" in restore(first, status=2)
    assert "rows 6 to 6 are back" in restore(second)
    assert "rows 1 to 5 are back" in restore(first)
    assert everything(chained)[:5] == before
    actions = chained.execute(text("SELECT action FROM audit_event WHERE account_id = 'acc_a' ORDER BY sequence"))
    assert list(actions.scalars())[5:] == ["audit.archive", "audit.archive", "audit.restore", "audit.restore"]
    assert verification.verify(chained, ACCOUNT).finding is None
    whole = everything(chained)
    assert "rows 1 to 5 are back" in restore(first)
    assert everything(chained) == whole


def test_only_what_is_old_and_signed_goes(chained: Session, tmp_path: Path) -> None:
    assert "nothing so old is signed" in archive(tmp_path, before="1h")
    chained.execute(text("UPDATE audit_event SET actor = 'usr_x' WHERE account_id = 'acc_a' AND sequence = 2"))
    assert "is not intact" in archive(tmp_path, status=1)
    assert list(tmp_path.iterdir()) == []
    assert rows(chained) == [1, 2, 3, 4, 5]
    assert "--before" in run("archive", "--before", "long ago", "--to", str(tmp_path), status=2)


def test_nothing_is_deleted_when_the_file_is_not_what_it_should_be(
    chained: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = exporting.part
    monkeypatch.setattr(exporting, "part", lambda *given: (line.replace(b"thing1", b"thing7") for line in real(*given)))
    assert "Nothing was changed" in archive(tmp_path, status=1)
    monkeypatch.setattr(exporting, "part", lambda account_id, after, _until, last: real(account_id, after, 3, last))
    archive(tmp_path, status=1)
    assert rows(chained) == [1, 2, 3, 4, 5]


def test_what_fails_at_the_last_moment_leaves_the_rows(
    chained: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(repository, "delete", lambda *_: 4)
        assert "nothing was deleted" in archive(tmp_path, status=1)
    verdict = verification.verify(chained, ACCOUNT)
    assert (verdict.finding, verdict.archived, verdict.rows) == (None, 0, 5)
    assert "rows 1 to 5 are in" in archive(tmp_path)


def test_a_file_that_was_changed_does_not_come_back(chained: Session, tmp_path: Path) -> None:
    archive(tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text().replace("thing1", "thing7"))
    assert "not intact" in restore(file, status=2)
    assert rows(chained) == [6]


def test_nobody_says_that_rows_were_archived_but_the_plane(chained: Session) -> None:
    claim = "SELECT chain, sequence, 1, hash, at, audit_key_id, signature FROM audit_checkpoint WHERE chain = 'acc_a'"
    chained.execute(text(f"INSERT INTO audit_archive {claim} AND sequence = 3"))
    chained.execute(text("DELETE FROM audit_event WHERE account_id = 'acc_a' AND sequence <= 3"))
    finding = verification.verify(chained, ACCOUNT).finding
    assert finding is not None
    assert (finding.problem, finding.sequence) == (Problem.UNSIGNED, 3)


@pytest.mark.parametrize(
    ("statement", "problem", "sequence"),
    [
        ("DELETE FROM audit_archive", Problem.MISSING, 1),
        ("UPDATE audit_archive SET sequence = 6", Problem.UNSIGNED, 6),
        ("UPDATE audit_archive SET hash = sha256('x')", Problem.UNSIGNED, 5),
        ("UPDATE audit_event SET sequence = 5 WHERE account_id = 'acc_a'", Problem.TRUNCATED, 6),
    ],
)
def test_what_is_done_to_an_archived_chain_is_noticed(
    chained: Session, tmp_path: Path, statement: str, problem: Problem, sequence: int
) -> None:
    archive(tmp_path)
    chained.execute(text(statement))
    finding = verification.verify(chained, ACCOUNT).finding
    assert finding is not None
    assert (finding.problem, finding.sequence) == (problem, sequence)


def test_archiving_while_a_chain_is_verified_is_no_finding(
    chained: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = repository.links
    done: list[Path] = []

    def links(*given: Any) -> object:
        if not done:
            done.append(tmp_path)
            archiving.archive(ACCOUNT, clock.now(), tmp_path)
        return real(*given)

    monkeypatch.setattr(repository, "links", links)
    verdict = verification.verify(chained, ACCOUNT)
    assert (verdict.finding, verdict.archived) == (None, 5)


def kept(chained: Session) -> str:
    """The lines of type checkpoint, among others, as the plane's log has them."""
    lines = [line for line in run("export", "--account", ACCOUNT).splitlines() if '"type":"checkpoint"' in line]
    logged = json.dumps(json.loads(lines[0]) | {"event": "audit_checkpoint", "level": "info", "time": "now"})
    return "\n".join(["starting…", f"api | {logged}", *lines[1:], "{}"])


def test_a_chain_that_was_written_anew_does_not_agree_with_checkpoints_kept_elsewhere(chained: Session) -> None:
    elsewhere = kept(chained)
    assert "✓ acc_a: 5 rows, 4 signed" in run("verify", "--checkpoints", "-", "--account", ACCOUNT, given=elsewhere)
    chained.execute(text("DELETE FROM audit_checkpoint WHERE chain = 'acc_a'"))
    chained.execute(text("DELETE FROM audit_event WHERE account_id = 'acc_a'"))
    chained.execute(text("DELETE FROM audit_head WHERE chain = 'acc_a'"))
    assert "✗ acc_a: row 1 truncated" in run("verify", "--checkpoints", "-", status=1, given=elsewhere)
    record(7)
    assert "✓ acc_a" in run("verify", "--account", ACCOUNT)
    shown = run("verify", "--checkpoints", "-", status=1, given=elsewhere)
    assert "✗ acc_a: row 1 rewritten: Rows 1 to 3 are not what was signed" in shown
    assert "✓ plane" in shown


def test_checkpoints_of_archived_rows_still_count(chained: Session, tmp_path: Path) -> None:
    elsewhere = kept(chained)
    archive(tmp_path)
    assert "✓ acc_a" in run("verify", "--checkpoints", "-", "--account", ACCOUNT, given=elsewhere)


def test_what_was_kept_must_be_signed(chained: Session) -> None:
    forged = kept(chained).replace('"sequence":5', '"sequence":4')
    assert "unsigned" in run("verify", "--checkpoints", "-", "--account", ACCOUNT, given=forged, status=1)
    assert "no checkpoint" in run("verify", "--checkpoints", "-", given="{}\n", status=2)
    assert "--from-file" in run("verify", "--checkpoints", "-", "--from-file", "x", given="", status=2)

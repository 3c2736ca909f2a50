"""What somebody with the database tries with the records and the rows of archives, once these were restored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from controlplane.audit import tasks, verification
from controlplane.audit.examining import Problem
from controlplane.audit.models import AuditCheckpoint
from tests.controlplane.audit.keeping import ACCOUNT, archive, record, restore, rows, run


@pytest.fixture
def chained(session: Session, configured: Callable[..., None]) -> Session:
    configured(audit_checkpoint_minutes=0)
    record(3)
    record(2)
    return session


@contextmanager
def replayed(session: Session) -> Iterator[None]:
    """The records of archives that there are now are there again at the end."""
    session.execute(text("CREATE TEMPORARY TABLE kept ON COMMIT DROP AS SELECT * FROM audit_archive"))
    yield
    session.execute(text("INSERT INTO audit_archive SELECT * FROM kept"))


def found(session: Session) -> tuple[Problem, int] | None:
    finding = verification.verify(session, ACCOUNT).finding
    return (finding.problem, finding.sequence) if finding else None


def remove(session: Session, first: int, last: int) -> None:
    span = f"sequence BETWEEN {first} AND {last}"
    session.execute(text(f"DELETE FROM audit_event WHERE account_id = '{ACCOUNT}' AND {span}"))


def test_the_record_of_a_restored_archive_hides_no_rows(chained: Session, tmp_path: Path) -> None:
    archive(tmp_path)
    (file,) = tmp_path.iterdir()
    with replayed(chained):
        restore(file)
    remove(chained, 1, 5)
    assert found(chained) == (Problem.MISSING, 1)
    shown = run("verify", "--account", ACCOUNT, status=1)
    assert "Rows 1 to 5 are missing. Row 7 says that they are in no file" in shown
    assert "Row 7 says" in restore(file, status=2)


def test_nor_does_one_of_two_that_were_restored(chained: Session, tmp_path: Path) -> None:
    archive(tmp_path)
    tasks.sign_chains()
    archive(tmp_path)
    first, second = sorted(tmp_path.iterdir())
    with replayed(chained):
        restore(second)
        chained.execute(text("DELETE FROM audit_archive"))
    remove(chained, 6, 6)
    assert found(chained) == (Problem.MISSING, 6)
    assert rows(chained) == [7, 8]
    assert first.exists()


def test_nothing_is_signed_behind_a_replayed_record(chained: Session, tmp_path: Path) -> None:
    archive(tmp_path)
    with replayed(chained):
        restore(next(tmp_path.iterdir()))
    remove(chained, 1, 5)
    signed = chained.query(AuditCheckpoint).count()
    record(1)
    assert chained.query(AuditCheckpoint).count() == signed


def test_the_restore_is_signed_at_once(chained: Session, tmp_path: Path) -> None:
    archive(tmp_path)
    run("restore", str(next(tmp_path.iterdir())))
    verdict = verification.verify(chained, ACCOUNT)
    assert (verdict.finding, verdict.sequence, verdict.signed_to) == (None, 7, 7)


def test_rows_that_were_put_back_by_hand_are_named(chained: Session, tmp_path: Path) -> None:
    """They are the right ones, and yet the database is not what the chain says of it."""
    chained.execute(text("CREATE TEMPORARY TABLE old ON COMMIT DROP AS SELECT * FROM audit_event"))
    chained.execute(text("DELETE FROM old WHERE sequence > 5"))
    archive(tmp_path)
    chained.execute(text("INSERT INTO audit_event OVERRIDING SYSTEM VALUE SELECT * FROM old"))
    assert found(chained) == (Problem.INSERTED, 6)
    file = next(tmp_path.iterdir())
    assert "are in the database" in restore(file, status=2)
    chained.execute(text("DELETE FROM audit_archive"))
    assert found(chained) == (Problem.INSERTED, 1)
    assert "were put back by hand" in restore(file, status=2), "there they are, and nobody restored them"


def test_another_account_s_record_archives_nothing(chained: Session, tmp_path: Path) -> None:
    record(5, "acc_b")
    archive(tmp_path)
    copy = "SELECT 'acc_b', sequence, first, hash, at, audit_key_id, signature FROM audit_archive"
    chained.execute(text(f"INSERT INTO audit_archive {copy}"))
    chained.execute(text("DELETE FROM audit_event WHERE account_id = 'acc_b'"))
    finding = verification.verify(chained, "acc_b").finding
    assert finding is not None
    assert (finding.problem, finding.sequence) == (Problem.UNSIGNED, 5)


def test_a_record_between_others_does_not_vanish_unseen(chained: Session, tmp_path: Path) -> None:
    archive(tmp_path)
    tasks.sign_chains()
    archive(tmp_path)
    assert found(chained) is None
    chained.execute(text("DELETE FROM audit_archive WHERE first = 1"))
    assert found(chained) == (Problem.UNSIGNED, 1)


@pytest.mark.parametrize("last", ["1e5000", '"five"', "-1", "null", "5.5"])
def test_what_the_event_says_may_be_anything(chained: Session, tmp_path: Path, last: str) -> None:
    """Nobody looks at signed rows before more are signed: it must not keep other chains from that."""
    archive(tmp_path)
    record(1)
    details = f"""'{{"first": 1, "last": {last}}}'"""
    chained.execute(text(f"UPDATE audit_event SET details = {details} WHERE action = 'audit.archive'"))
    record(1)
    assert found(chained) == (Problem.ALTERED, 6)
    record(1, "acc_b")
    assert chained.query(AuditCheckpoint).filter_by(chain="acc_b").one().sequence == 1

"""Whatever somebody does to the rows behind the plane's back, the first broken one is named."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.audit import exporting, files, keys, tasks, verification
from controlplane.audit.canonical import digest
from controlplane.audit.examining import Finding, Problem
from controlplane.audit.models import AuditCheckpoint, AuditEvent
from controlplane.core.database import transaction

ACCOUNT = "acc_a"
ROWS = 12


@pytest.fixture
def chained(session: Session, configured: Callable[..., None]) -> Session:
    """Twelve rows, the first eight of them signed."""
    configured(audit_checkpoint_minutes=0, audit_verify_hours=0)
    for number in range(1, ROWS + 1):
        with transaction() as own:
            audit.record(own, None, "thing.do", f"thing_{number}", ACCOUNT, {"n": number})
        if number == 8:
            tasks.sign_chains()
    return session


def found(session: Session) -> Finding | None:
    return verification.verify(session, ACCOUNT).finding


def named(session: Session) -> tuple[Problem, int] | None:
    finding = found(session)
    return (finding.problem, finding.sequence) if finding else None


def run(session: Session, *statements: str) -> None:
    for statement in statements:
        session.execute(text(statement))


def swap(session: Session, one: int, other: int) -> None:
    run(
        session,
        f"UPDATE audit_event SET sequence = -1 WHERE sequence = {one}",
        f"UPDATE audit_event SET sequence = {one} WHERE sequence = {other}",
        f"UPDATE audit_event SET sequence = {other} WHERE sequence = -1",
    )


def shift(session: Session, beyond: int, by: int) -> None:
    run(
        session,
        f"UPDATE audit_event SET sequence = -(sequence + {by}) WHERE sequence > {beyond}",
        "UPDATE audit_event SET sequence = -sequence WHERE sequence < 0",
    )


def test_an_untouched_chain_is_intact(chained: Session) -> None:
    verdict = verification.verify(chained, ACCOUNT)
    assert (verdict.finding, verdict.rows, verdict.signed) == (None, ROWS, 1)


COLUMNS = {
    "audit_event_id": "'aud_x'",
    "actor": "'usr_x'",
    "credential": "'tok_x'",
    "action": "'thing.undo'",
    "target": "'other'",
    "address": "'192.0.2.1'",
    "user_agent": "'x'",
    "request_id": "'req_x'",
    "result": "'failed'",
    "details": "'{\"n\": 99}'",
    "at": "at + interval '1 microsecond'",
    "hash": "sha256('x')",
    "previous_hash": "sha256('x')",
}


def test_every_column_is_tried() -> None:
    assert set(COLUMNS) == {column.name for column in AuditEvent.__table__.columns} - {
        "number",
        "account_id",
        "sequence",
    }


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("sequence", [1, 5, ROWS])
def test_an_altered_row_is_named(chained: Session, column: str, sequence: int) -> None:
    run(chained, f"UPDATE audit_event SET {column} = {COLUMNS[column]} WHERE sequence = {sequence}")
    finding = found(chained)
    assert finding is not None
    assert (finding.problem, finding.sequence) == (Problem.ALTERED, sequence)
    assert finding.audit_event_id


@pytest.mark.parametrize(
    ("statement", "problem", "sequence"),
    [
        ("DELETE FROM audit_event WHERE sequence = 5", Problem.MISSING, 5),
        ("DELETE FROM audit_event WHERE sequence = 1", Problem.MISSING, 1),
        ("UPDATE audit_event SET account_id = 'acc_b' WHERE sequence = 5", Problem.MISSING, 5),
        ("DELETE FROM audit_event WHERE sequence = 12", Problem.TRUNCATED, 12),
        ("DELETE FROM audit_event WHERE sequence > 3", Problem.TRUNCATED, 4),
        ("DELETE FROM audit_event", Problem.TRUNCATED, 1),
        ("DELETE FROM audit_head", Problem.TRUNCATED, 13),
        ("UPDATE audit_head SET sequence = 11", Problem.INSERTED, 12),
        ("UPDATE audit_head SET hash = sha256('x')", Problem.REPLACED, 12),
        ("UPDATE audit_event SET sequence = NULL WHERE sequence = 12", Problem.TRUNCATED, 12),
        ("UPDATE audit_checkpoint SET hash = sha256('x')", Problem.UNSIGNED, 8),
        ("UPDATE audit_checkpoint SET sequence = 7", Problem.UNSIGNED, 7),
    ],
)
def test_what_is_gone_or_put_in_is_named(chained: Session, statement: str, problem: Problem, sequence: int) -> None:
    run(chained, statement)
    assert named(chained) == (problem, sequence)


@pytest.mark.parametrize(("one", "other"), [(5, 6), (1, 12), (3, 9)])
def test_rows_that_changed_places_are_named(chained: Session, one: int, other: int) -> None:
    swap(chained, one, other)
    assert named(chained) == (Problem.REORDERED, one)


def test_a_gap_that_was_closed_is_named(chained: Session) -> None:
    run(chained, "DELETE FROM audit_event WHERE sequence = 5")
    shift(chained, 5, -1)
    assert named(chained) == (Problem.MISSING, 5)


def test_a_row_put_in_by_hand_is_named(chained: Session) -> None:
    with transaction() as own:
        own.add(forged(None, None))
    assert named(chained) == (Problem.INSERTED, ROWS + 1)


def test_a_well_made_row_put_in_between_is_named(chained: Session) -> None:
    shift(chained, 4, 1)
    before = chained.execute(text("SELECT hash FROM audit_event WHERE sequence = 4")).scalar_one()
    chained.add(sealed(forged(5, bytes(before))))
    chained.flush()
    assert named(chained) == (Problem.INSERTED, 5)


def test_a_row_replaced_with_a_right_hash_is_named(chained: Session) -> None:
    rewrite(chained, 5, 5)
    assert named(chained) == (Problem.REPLACED, 5)


def test_a_chain_written_anew_has_its_checkpoints_against_it(chained: Session) -> None:
    rewrite(chained, 5, ROWS)
    assert named(chained) == (Problem.REWRITTEN, 1)


def test_a_chain_cut_off_with_its_head_has_its_checkpoints_against_it(chained: Session) -> None:
    run(chained, "DELETE FROM audit_event WHERE sequence > 6", "UPDATE audit_head SET sequence = 6")
    run(chained, "UPDATE audit_head SET hash = (SELECT hash FROM audit_event WHERE sequence = 6)")
    assert named(chained) == (Problem.TRUNCATED, 7)


def test_a_chain_removed_with_its_head_has_its_checkpoints_against_it(chained: Session) -> None:
    run(chained, "DELETE FROM audit_event", "DELETE FROM audit_head")
    assert named(chained) == (Problem.TRUNCATED, 1)


def test_a_key_that_somebody_put_in_signs_nothing(chained: Session) -> None:
    """Sealed with a master key that is not the plane's, or with the real key's seal under another public half."""
    fresh = keys.new_key()
    signer = keys.opening(fresh)
    fresh.sealed_private_key = bytes(len(fresh.sealed_private_key))
    chained.add(fresh)
    chained.flush()
    rewrite(chained, 5, ROWS)
    row = chained.query(AuditCheckpoint).one()
    row.audit_key_id = fresh.audit_key_id
    row.hash = bytes(chained.execute(text("SELECT hash FROM audit_event WHERE sequence = 8")).scalar_one())
    row.signature = signer.sign(checkpoint_document(row))
    chained.flush()
    assert named(chained) == (Problem.UNSIGNED, 8)


def test_nothing_is_signed_that_does_not_follow_from_the_last_checkpoint(
    chained: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    run(chained, "UPDATE audit_event SET actor = 'usr_x' WHERE sequence = 10")
    tasks.sign_chains()
    assert [row.sequence for row in chained.query(AuditCheckpoint)] == [8]
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "audit_chain_broken" in line]
    assert (line["chain"], line["sequence"], line["problem"]) == (ACCOUNT, 10, "altered")


def checkpoint_document(row: AuditCheckpoint) -> dict[str, Any]:
    return {
        "accountId": ACCOUNT,
        "at": row.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "hash": row.hash.hex(),
        "keyId": row.audit_key_id,
        "sequence": row.sequence,
        "type": "checkpoint",
    }


def forged(sequence: int | None, previous: bytes | None) -> AuditEvent:
    with transaction() as own:
        audit.record(own, None, "thing.do", "forged", "acc_forger")
    with transaction() as own:
        made = own.query(AuditEvent).filter_by(account_id="acc_forger").one()
        at = made.at
        own.delete(made)
    return AuditEvent(
        audit_event_id="aud_forged",
        account_id=ACCOUNT,
        actor="usr_x",
        action="thing.do",
        target="x",
        result="ok",
        details={},
        at=at,
        sequence=sequence,
        previous_hash=previous,
    )


def sealed(event: AuditEvent) -> AuditEvent:
    event.hash = digest(audit.canonical.document(event))
    return event


def rewrite(session: Session, first: int, last: int) -> None:
    """As somebody would who knows how hashes are made: the rows to `last` follow from each other again."""
    rows = session.query(AuditEvent).filter_by(account_id=ACCOUNT).order_by(AuditEvent.sequence).populate_existing()
    previous = b""
    for row in rows:
        if row.sequence == first:
            row.actor = "usr_x"
        if row.sequence is not None and first <= row.sequence <= last:
            row.previous_hash = previous if row.sequence > first else row.previous_hash
            sealed(row)
        previous = row.hash or b""
    session.flush()
    if last == ROWS:
        session.execute(update(audit.models.AuditHead).values(hash=previous))


def exported() -> list[str]:
    return b"".join(exporting.lines(ACCOUNT)).decode().splitlines(keepends=True)


def of_file(lines: Iterator[str] | list[str]) -> Finding | None:
    return files.verify(io.StringIO("".join(lines))).finding


def test_an_export_is_verified_without_the_plane(chained: Session) -> None:
    verdict = files.verify(exported())
    assert (verdict.account_id, verdict.finding, verdict.rows, verdict.signed) == (ACCOUNT, None, ROWS, 1)


def test_a_part_of_a_chain_is_verified_too(chained: Session) -> None:
    lines = b"".join(exporting.lines(ACCOUNT, 5)).decode().splitlines()
    verdict = files.verify(lines)
    assert (verdict.finding, verdict.rows, verdict.signed) == (None, ROWS - 5, 1)


def test_only_a_pinned_key_counts(chained: Session) -> None:
    stranger = keys.opening(keys.new_key()).public
    verdict = files.verify(exported(), [stranger])
    assert verdict.finding is not None
    assert (verdict.finding.problem, verdict.finding.sequence) == (Problem.UNSIGNED, 8)


def test_every_line_of_an_export_that_is_lost_twice_or_elsewhere_is_noticed(chained: Session) -> None:
    lines = exported()
    events = [n for n, line in enumerate(lines) if '"type":"event"' in line]
    for number in events:
        assert of_file([*lines[:number], *lines[number + 1 :]]) is not None
        assert of_file([*lines[: number + 1], *lines[number:]]) is not None
    for one, other in pairwise(events):
        moved = list(lines)
        moved[one], moved[other] = moved[other], moved[one]
        finding = of_file(moved)
        assert finding is not None
        assert finding.problem is Problem.REORDERED
    assert of_file(lines[:-1]) is not None

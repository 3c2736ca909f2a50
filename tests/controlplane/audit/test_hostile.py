"""What somebody with the database, or with an export, tries so that a chain seems intact or nobody looks at it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.audit import exporting, files, keys, repository, tasks, verification
from controlplane.audit.canonical import canonical
from controlplane.audit.examining import Finding, Problem
from controlplane.audit.models import AuditCheckpoint
from controlplane.core.database import transaction
from tests.controlplane.people import SignedUp

ACCOUNT = "acc_a"
ROWS, SIGNED = 6, 4


@pytest.fixture
def chained(session: Session, configured: Callable[..., None]) -> Session:
    """Six rows, the first four of them signed."""
    configured(audit_checkpoint_minutes=0, audit_verify_hours=0)
    for number in range(1, ROWS + 1):
        note(ACCOUNT, f"thing_{number}")
        if number == SIGNED:
            tasks.sign_chains()
    return session


def note(account_id: str, target: str) -> None:
    with transaction() as own:
        audit.record(own, None, "thing.do", target, account_id, {"n": 1})


def found(session: Session) -> tuple[Problem, int] | None:
    finding = verification.verify(session, ACCOUNT).finding
    return (finding.problem, finding.sequence) if finding else None


@pytest.mark.parametrize("sequence", [0, -1])
def test_a_row_before_the_first_is_named(chained: Session, sequence: int) -> None:
    """The list shows it, the chain does not begin with it."""
    columns = "audit_event_id, account_id, actor, action, target, details, at, sequence, previous_hash, hash"
    values = f"'aud_x', '{ACCOUNT}', 'usr_x', 'a.b', 'x', '{{}}', now(), {sequence}, sha256('x'), sha256('y')"
    chained.execute(text(f"INSERT INTO audit_event ({columns}) VALUES ({values})"))
    finding = verification.verify(chained, ACCOUNT).finding
    assert finding is not None
    assert (finding.problem, finding.audit_event_id) == (Problem.INSERTED, "aud_x")


UNREADABLE = {
    "at": ["'infinity'", "'-infinity'", "'0044-03-15 12:00:00+00 BC'", "'20000-01-01'"],
    "details": ["'{\"n\": 1e5000}'", "repeat('[', 3000)::text || repeat(']', 3000)"],
}


@pytest.mark.parametrize(("column", "value"), [(name, value) for name in UNREADABLE for value in UNREADABLE[name]])
def test_a_row_that_cannot_even_be_read_is_named(chained: Session, column: str, value: str) -> None:
    cast = "::jsonb" if column == "details" else "::timestamptz"
    chained.execute(text(f"UPDATE audit_event SET {column} = ({value}){cast} WHERE sequence = 5"))
    assert found(chained) == (Problem.ALTERED, 5)


def test_one_chain_that_cannot_be_read_keeps_nobody_from_the_others(chained: Session) -> None:
    note("acc_b", "thing")
    chained.execute(text(f"UPDATE audit_event SET at = 'infinity' WHERE account_id = '{ACCOUNT}' AND sequence = 5"))
    tasks.sign_chains()
    assert chained.query(AuditCheckpoint).filter_by(chain="acc_b").one().sequence == 1
    for _ in range(3):
        tasks.verify_chains()
    stored = {chain: repository.verification(chained, chain) for chain in (ACCOUNT, "acc_b")}
    assert {chain: row.intact for chain, row in stored.items() if row} == {ACCOUNT: False, "acc_b": True}


def test_a_checkpoint_far_ahead_is_named_and_stops_no_signing_unseen(chained: Session) -> None:
    copy = f"SELECT chain, 99, hash, at, audit_key_id, signature FROM audit_checkpoint WHERE chain = '{ACCOUNT}'"
    chained.execute(text(f"INSERT INTO audit_checkpoint {copy}"))
    assert found(chained) == (Problem.UNSIGNED, 99)


def test_an_account_whose_whole_chain_is_gone_is_named(chained: Session, signed_up: SignedUp) -> None:
    account_id = signed_up().account("payments")
    for table, column in (("audit_event", "account_id"), ("audit_head", "chain"), ("audit_checkpoint", "chain")):
        chained.execute(text(f"DELETE FROM {table} WHERE {column} = '{account_id}'"))
    assert account_id in repository.accounts(chained)
    finding = verification.verify(chained, account_id).finding
    assert finding is not None
    assert (finding.problem, finding.sequence) == (Problem.TRUNCATED, 1)
    for _ in range(4):
        tasks.verify_chains()
    stored = repository.verification(chained, account_id)
    assert stored is not None
    assert not stored.intact


def exported() -> list[str]:
    return b"".join(exporting.lines(ACCOUNT)).decode().splitlines()


def key_of(lines: list[str]) -> str:
    return str(json.loads(lines[0])["keys"][0]["publicKey"])


def written_anew(lines: list[str]) -> list[str]:
    """By somebody who knows how hashes are made and has no key: from the second row on."""
    previous, anew = "", []
    for line in map(json.loads, lines):
        if line["type"] == "event":
            line.pop("hash")
            if line["sequence"] > 1:
                line |= {"actor": "usr_x", "previousHash": previous}
            previous = line["hash"] = audit.canonical.digest(line).hex()
        elif line["type"] == "end":
            line["hash"] = previous
        anew.append(canonical(line).decode())
    return anew


def of_file(lines: list[str]) -> Finding | None:
    return files.verify(lines, [keys.read(key_of(lines))]).finding


@pytest.mark.parametrize("place", range(1, ROWS + 3))
def test_a_checkpoint_is_held_against_its_row_wherever_it_stands(chained: Session, place: int) -> None:
    lines = written_anew(exported())
    (signed,) = [line for line in lines if '"type":"checkpoint"' in line]
    lines.remove(signed)
    lines.insert(place, signed)
    finding = of_file(lines)
    assert finding is not None
    assert finding.problem in (Problem.REWRITTEN, Problem.UNSIGNED)


def test_an_export_without_its_checkpoints_proves_nothing(chained: Session) -> None:
    lines = [line for line in written_anew(exported()) if '"type":"checkpoint"' not in line]
    finding = of_file(lines)
    assert finding is not None
    assert finding.problem is Problem.UNSIGNED

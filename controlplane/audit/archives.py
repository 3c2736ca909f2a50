"""The records that rows were archived: without one they would be missing, so it is signed as a checkpoint is.

A signature says nothing about what was done later. So the chain itself decides whether a record holds: the newest of
its rows that tells of archiving must tell the same.
"""

from typing import Any

from sqlalchemy.orm import Session

from controlplane.audit import checkpoints, keys, repository
from controlplane.audit.canonical import chain_of, instant
from controlplane.audit.checkpoints import PublicKeys
from controlplane.audit.examining import Finding, Problem
from controlplane.audit.models import AuditArchive
from controlplane.core import clock

TAKEN, RESTORED = "audit.archive", "audit.restore"
"""The events of both."""


def sign(session: Session, account_id: str | None, first: int, sequence: int, last_hash: bytes) -> AuditArchive:
    """Vouch that the rows `first` to `sequence` were taken into a file."""
    signer = checkpoints.newest_signer(session)
    row = AuditArchive(
        chain=chain_of(account_id),
        sequence=sequence,
        first=first,
        hash=last_hash,
        at=clock.now(),
        audit_key_id=signer.audit_key_id,
    )
    row.signature = signer.sign(_document(row, account_id))
    session.add(row)
    return row


def unsigned(session: Session, account_id: str | None, trusted: PublicKeys) -> Finding | None:
    """A record that this plane has not signed, or a gap between records."""
    after = 0
    for row in repository.archives(session, account_id):
        if not keys.is_signed(trusted.get(row.audit_key_id), _document(row, account_id), row.signature):
            message = f"That rows up to {row.sequence} were archived is not signed by this plane."
            return Finding(Problem.UNSIGNED, row.sequence, None, message)
        if row.first != after + 1:
            message = f"What is archived ends at row {after} and begins again at row {row.first}."
            return Finding(Problem.UNSIGNED, after + 1, None, message)
        after = row.sequence
    return None


def contradicted(session: Session, account_id: str | None, archived: int) -> Finding | None:
    """The chain does not say that just the rows up to `archived` are in files.

    A record that was put back after the restore, and the rows removed again, or rows put back beside the command.
    """
    newest = repository.last_archiving(session, account_id, (TAKEN, RESTORED))
    said = 0
    if newest is not None:
        said = newest.last if newest.action == TAKEN else newest.first - 1
    if said == archived:
        return None
    source = f"Row {newest.sequence}" if newest is not None else "The chain"
    if said < archived:
        message = f"{source} says that they are in no file, so the record that they were archived is an old one."
        return Finding(Problem.MISSING, said + 1, None, f"Rows {said + 1} to {archived} are missing. {message}")
    message = (
        f"{source} says that rows up to {said} are archived, and no record does: they were put back by hand. "
        "`controlplane audit restore` does that."
    )
    return Finding(Problem.INSERTED, archived + 1, None, message)


def _document(row: AuditArchive, account_id: str | None) -> dict[str, Any]:
    return {
        "accountId": account_id,
        "at": instant(row.at),
        "first": row.first,
        "hash": row.hash.hex(),
        "keyId": row.audit_key_id,
        "sequence": row.sequence,
        "type": "archive",
    }

"""The record that rows were archived: without it they would be missing, so it is signed as a checkpoint is."""

from typing import Any

from sqlalchemy.orm import Session

from controlplane.audit import checkpoints, keys
from controlplane.audit.canonical import chain_of, instant
from controlplane.audit.checkpoints import PublicKeys
from controlplane.audit.models import AuditArchive
from controlplane.core import clock


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


def is_trusted(row: AuditArchive, account_id: str | None, trusted: PublicKeys) -> bool:
    """Whether this plane has signed it."""
    return keys.is_signed(trusted.get(row.audit_key_id), _document(row, account_id), row.signature)


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

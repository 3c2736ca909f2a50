"""Signed checkpoints: what a chain was at some time, in words that a public key is enough to check.

A checkpoint is signed only for rows that follow from the last one, so whoever changes old rows and calculates the chain
anew has the old checkpoints against them; and each is written to the plane's log, which may be kept elsewhere.
"""

import base64
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.orm import Session

from controlplane.audit import keys, repository
from controlplane.audit.canonical import chain_of, instant
from controlplane.audit.examining import Finding, Mark
from controlplane.audit.models import AuditCheckpoint
from controlplane.core import clock

PublicKeys = Mapping[str, Ed25519PublicKey]
_log = structlog.get_logger()


def document(row: AuditCheckpoint, account_id: str | None) -> dict[str, Any]:
    """What is signed, and what an export has of it except for `signature`."""
    return {
        "accountId": account_id,
        "at": instant(row.at),
        "hash": row.hash.hex(),
        "keyId": row.audit_key_id,
        "sequence": row.sequence,
        "type": "checkpoint",
    }


def exported(row: AuditCheckpoint, account_id: str | None) -> dict[str, Any]:
    return document(row, account_id) | {"signature": base64.b64encode(row.signature).decode()}


def public_keys(session: Session) -> PublicKeys:
    """The plane's own; a key that somebody put into the database is not among them."""
    signers = (keys.opened(row) for row in repository.keys(session))
    return {signer.audit_key_id: signer.public for signer in signers if signer is not None}


def marks(rows: Iterable[AuditCheckpoint], account_id: str | None, trusted: PublicKeys) -> deque[Mark]:
    """What the checkpoints vouch for, each by its signature."""
    return deque(
        Mark(row.sequence, row.hash.hex(), instant(row.at), is_trusted(row, account_id, trusted)) for row in rows
    )


def is_trusted(row: AuditCheckpoint, account_id: str | None, trusted: PublicKeys) -> bool:
    """Whether this plane has signed it."""
    return keys.is_signed(trusted.get(row.audit_key_id), document(row, account_id), row.signature)


def newest_signer(session: Session) -> keys.Signer:
    """The newest of the plane's keys; the first call makes one."""
    opened = [signer for signer in map(keys.opened, repository.keys(session)) if signer is not None]
    if not opened:
        fresh = keys.new_key()
        session.add(fresh)
        session.flush()
        opened = [keys.opening(fresh)]
    return opened[-1]


def sign(session: Session, account_id: str | None, sequence: int, last_hash: bytes) -> AuditCheckpoint:
    """Vouch for the chain up to the row `sequence`, which has `last_hash`."""
    signer = newest_signer(session)
    row = AuditCheckpoint(
        chain=chain_of(account_id),
        sequence=sequence,
        hash=last_hash,
        at=clock.now(),
        audit_key_id=signer.audit_key_id,
    )
    row.signature = signer.sign(document(row, account_id))
    session.add(row)
    _log.info("audit_checkpoint", **exported(row, account_id))
    return row


def refuse(account_id: str | None, finding: Finding) -> None:
    """Say loudly that a chain is not what it was."""
    _log.error(
        "audit_chain_broken",
        chain=chain_of(account_id),
        problem=finding.problem.value,
        sequence=finding.sequence,
        audit_event_id=finding.audit_event_id,
        reason=finding.message,
    )

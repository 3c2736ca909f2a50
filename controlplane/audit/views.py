"""What the API shows of events and of their chain."""

from sqlalchemy.orm import Session

from controlplane.audit import repository
from controlplane.audit.models import AuditCheckpoint, AuditEvent
from controlplane.audit.schemas import (
    AuditCheckpointView,
    AuditEventView,
    AuditFinding,
    AuditKeyView,
    AuditVerificationView,
)
from controlplane.audit.verification import found as verdict_of
from controlplane.audit.verification import verify

LOOKED_AT_NOW = 5000
"""Rows of a chain that is verified while somebody waits: a tenth of a second."""


def event(row: AuditEvent) -> AuditEventView:
    fields = {name: getattr(row, name) for name in AuditEventView.model_fields if name != "hash"}
    return AuditEventView(**fields, hash=row.hash.hex() if row.hash is not None else None)


def verification(session: Session, account_id: str) -> AuditVerificationView:
    """A long chain costs no more to ask about than a short one."""
    head = repository.head(session, account_id)
    total = head.sequence if head else 0
    short = total <= LOOKED_AT_NOW
    found = verdict_of(verify(session, account_id)) if short else repository.verification(session, account_id)
    return AuditVerificationView(
        verified_at=found.at if found else None,
        intact=found.intact if found else None,
        rows=found.rows if found else 0,
        total=total,
        finding=AuditFinding(**found.finding) if found and found.finding else None,
        checkpoint=_checkpoint(repository.last_checkpoint(session, account_id)),
        keys=[
            AuditKeyView(key_id=key.audit_key_id, public_key=key.public_key, created_at=key.created_at)
            for key in repository.keys(session)
        ],
    )


def _checkpoint(row: AuditCheckpoint | None) -> AuditCheckpointView | None:
    if row is None:
        return None
    return AuditCheckpointView(sequence=row.sequence, hash=row.hash.hex(), at=row.at, key_id=row.audit_key_id)

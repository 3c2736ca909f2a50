"""Writing audit events."""

from typing import Any

from sqlalchemy.orm import Session

from controlplane.audit.models import AuditEvent
from controlplane.auth import Principal
from controlplane.core import clock, request_context
from controlplane.core.ids import new_id

SYSTEM = "system"


def record(
    session: Session,
    by: Principal | None,
    action: str,
    target: str,
    account_id: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Note that `by` (null: the plane itself) did `action` (`noun.verb`) to `target` (an identifier)."""
    session.add(
        AuditEvent(
            audit_event_id=new_id("aud"),
            account_id=account_id,
            actor=by.user_id if by else SYSTEM,
            credential=by.credential_id if by else None,
            action=action,
            target=target,
            address=request_context.address.get(),
            request_id=request_context.request_id.get(),
            details=details or {},
            at=clock.now(),
        )
    )

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from controlplane.audit import repository
from controlplane.audit.models import AuditEvent
from controlplane.audit.schemas import AuditEventView
from controlplane.auth import Permission, Principal, require
from controlplane.core.database import DbSession
from controlplane.core.pagination import After, Limit, Page, page

router = APIRouter(prefix="/accounts/{account_id}/audit-events", tags=["audit"])
Reader = Annotated[Principal, Depends(require(Permission.AUDIT_READ))]
Action = Annotated[str | None, Query(max_length=64, description="only this action", examples=["environment.create"])]
Actor = Annotated[str | None, Query(max_length=32, description="only what this user did")]


@router.get("", operation_id="listAuditEvents")
def list_audit_events(
    account_id: str,
    session: DbSession,
    _principal: Reader,
    after: After = None,
    limit: Limit = 50,
    action: Action = None,
    actor: Actor = None,
) -> Page[AuditEventView]:
    """Every change in the account, newest first: who did what, when, from where."""
    query = repository.of_account(account_id, action, actor)
    rows, following = page(session, query, AuditEvent.audit_event_id, after, limit, newest_first=True)
    return Page[AuditEventView](items=[AuditEventView.model_validate(row) for row in rows], next=following)

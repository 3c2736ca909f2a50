from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import AfterValidator
from starlette.responses import StreamingResponse

from controlplane.audit import exporting, repository, views
from controlplane.audit.models import AuditEvent
from controlplane.audit.repository import Filter
from controlplane.audit.schemas import AuditEventView, AuditVerificationView
from controlplane.auth import Permission, Principal, require
from controlplane.core.database import DbSession
from controlplane.core.moments import Moment
from controlplane.core.openapi import Responses
from controlplane.core.pagination import After, Limit, Page, page
from controlplane.core.rooms import place
from controlplane.core.schema import printable

router = APIRouter(prefix="/accounts/{account_id}/audit-events", tags=["audit"])
Reader = Annotated[Principal, Depends(require(Permission.AUDIT_READ))]
Action = Annotated[
    str | None,
    Query(max_length=64, description="only this action, or all of a noun: `member.*`", examples=["environment.create"]),
]
Actor = Annotated[str | None, Query(max_length=32, description="only what this user or API key did")]
Target = Annotated[str | None, Query(max_length=64, description="only what was done to this; an environment, say")]
Since = Annotated[Moment | None, Query(description="from this time on: RFC 3339, or how long ago, such as 15m")]
Until = Annotated[Moment | None, Query(description="before this time")]
Text = Annotated[
    str | None,
    AfterValidator(printable),
    Query(max_length=200, description="only rows that hold this text, in any case"),
]
Behind = Annotated[int, Query(ge=0, lt=2**63, description="only rows behind this place in the chain")]
# An export is long, and its reader has time: all of them together take no more threads and connections than this.
_EXPORTS = 2
_LINES: Responses = {200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}}


@router.get("", operation_id="listAuditEvents")
def list_audit_events(
    account_id: str,
    session: DbSession,
    _principal: Reader,
    after: After = None,
    limit: Limit = 50,
    action: Action = None,
    actor: Actor = None,
    target: Target = None,
    since: Since = None,
    until: Until = None,
    text: Text = None,
) -> Page[AuditEventView]:
    """Every change in the account, newest first: who did what, when, from where."""
    query = repository.of_account(account_id, Filter(action, actor, target, since, until, text))
    rows, following = page(session, query, AuditEvent.audit_event_id, after, limit, newest_first=True)
    return Page[AuditEventView](items=[views.event(row) for row in rows], next=following)


@router.get("/export", operation_id="exportAuditEvents", response_class=StreamingResponse, responses=_LINES)
def export_audit_events(account_id: str, request: Request, _principal: Reader, after: Behind = 0) -> StreamingResponse:
    """The account's chain as JSON lines, oldest first, with what is needed to verify it offline (docs/audit.md)."""
    disposition = {"content-disposition": f'attachment; filename="audit-{account_id}.jsonl"'}
    lines = _in_turn(request.app, exporting.lines(account_id, after))
    return StreamingResponse(lines, media_type="application/x-ndjson", headers=disposition)


@router.get("/verification", operation_id="getAuditVerification")
def get_audit_verification(account_id: str, session: DbSession, _principal: Reader) -> AuditVerificationView:
    """Whether the account's chain is what was sealed: looked at now if it is short, else what the last look found."""
    return views.verification(session, account_id)


async def _in_turn(app: FastAPI, lines: Iterator[bytes]) -> AsyncIterator[bytes]:
    """A place is held while lines are made, not while they are read."""
    while True:
        async with place(app, "exports", _EXPORTS):
            some = await run_in_threadpool(next, lines, None)
        if some is None:
            return
        yield some

"""Writing audit events."""

from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from controlplane.audit import chain
from controlplane.audit.canonical import check
from controlplane.audit.models import AuditEvent
from controlplane.auth import Principal
from controlplane.core import clock, request_context
from controlplane.core.ids import new_id

SYSTEM = "system"
Details = dict[str, Any]


class Result(StrEnum):
    """What became of it. A refused attempt changes nothing and is no event, except where somebody signs in."""

    OK = "ok"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


def record(
    session: Session,
    by: Principal | None,
    action: str,
    target: str,
    account_id: str | None = None,
    details: Details | None = None,
    *,
    result: Result = Result.OK,
) -> None:
    """Note that `by` (null: the plane itself) did `action` (`noun.verb`) to `target` (an identifier).

    `details` holds text, integers, truth values, lists and objects of those, and never a secret; what a change replaced
    stands in its `before` and `after`.
    """
    event = AuditEvent(
        audit_event_id=new_id("aud"),
        account_id=account_id,
        actor=by.user_id if by else SYSTEM,
        credential=by.credential_id if by else None,
        action=action,
        target=target,
        address=request_context.address.get(),
        user_agent=request_context.user_agent.get(),
        request_id=request_context.request_id.get(),
        result=result.value,
        details=details or {},
        at=clock.now(),
    )
    add(session, event)


def change(before: Details, after: Details) -> Details:
    """The details of a change from one to the other: only what differs."""
    names = [name for name in after if before.get(name) != after[name]]
    return {
        "before": {name: before.get(name) for name in names},
        "after": {name: after[name] for name in names},
    }


def add(session: Session, event: AuditEvent) -> None:
    """An event that happened elsewhere, with everything but its place in its chain. Raises `TypeError`."""
    check(event.details)
    chain.append(session, event)
